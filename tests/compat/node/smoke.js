// node-postgres against a server: types, prepared statements, errors, transactions, cursors, COPY, cancellation.
// usage: node smoke.js HOST PORT USER DATABASE [PASSWORD]
"use strict";
const assert = require("assert");
const { Readable } = require("stream");
const { pipeline } = require("stream/promises");
const { Client, Pool, types } = require("pg");
const Cursor = require("pg-cursor");
const { from, to } = require("pg-copy-streams");

const [host, port, user, database, password] = process.argv.slice(2);
const options = { host, port: Number(port), user, database, password };
const slow = "SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 100000) b(y) WHERE x % 7 = y % 5";

const values = [
  ["boolean", [true, false]],
  ["smallint", [0, -32768, 32767]],
  ["integer", [0, -2147483648, 2147483647]],
  ["bigint", ["0", "-9223372036854775808", "9223372036854775807"]],
  ["real", [0, 1.5]],
  ["double precision", [0, 0.1, -1e300, Infinity]],
  ["numeric(38,10)", ["-1.5000000000", "9999999999999999999999999999.9999999999"]],
  ["text", ["", "žluťoučký", "a\\b'\"\n"]],
  ["varchar(10)", ["abc"]],
  ["bytea", [Buffer.from([]), Buffer.from([0, 255, 39, 92])]],
  ["timestamptz", [new Date("2024-07-01T12:00:00.123Z")]],
  ["uuid", ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]],
  ["json", [{ a: [1, null] }]],
  ["integer[]", [[1, -2, null], []]],
  ["text[]", [["", "a,b", '"q"', null]]],
  ["boolean[]", [[true, false]]],
];

async function types_(client) {
  for (const [kind, list] of values) {
    for (const value of [...list, null]) {
      const { rows } = await client.query(`SELECT $1::${kind} AS v`, [value]);
      assert.deepStrictEqual(rows[0].v, value, kind);
      // As a named statement, twice.
      for (let i = 0; i < 2; ++i) {
        const again = await client.query({ name: `get ${kind}`, text: `SELECT $1::${kind} AS v`, values: [value] });
        assert.deepStrictEqual(again.rows[0].v, value, kind);
      }
    }
  }
  // In binary.
  const binary = await client.query({ text: "SELECT 1::int AS i, 'x'::text AS t, true AS b, 1.5::float8 AS d, 7::bigint AS l", values: [], binary: true });
  assert.deepStrictEqual([binary.rows[0].i, binary.rows[0].t, binary.rows[0].b, binary.rows[0].d, String(binary.rows[0].l)], [1, "x", true, 1.5, "7"]);
  const array = await client.query({ text: "SELECT 1, 2", rowMode: "array" });
  assert.deepStrictEqual(array.rows, [[1, 2]]);
  assert.strictEqual(array.fields[0].dataTypeID, types.builtins.INT4);
}

async function tables(client) {
  await client.query("DROP TABLE IF EXISTS node_smoke; CREATE TABLE node_smoke (id integer NOT NULL, name text)");
  const inserted = await client.query("INSERT INTO node_smoke SELECT x, 'n' || x FROM generate_series(1, $1::int) t(x)", [1000]);
  assert.strictEqual(inserted.rowCount, 1000);
  const many = await client.query("SELECT 1 AS a; SELECT 2 AS b");
  assert.deepStrictEqual(many.map((r) => r.rows[0]), [{ a: 1 }, { b: 2 }]);
  const cursor = client.query(new Cursor("SELECT id FROM node_smoke ORDER BY id"));
  let count = 0;
  for (;;) {
    const rows = await cursor.read(70);
    if (rows.length === 0) break;
    count += rows.length;
  }
  await cursor.close();
  assert.strictEqual(count, 1000);
  await pipeline(Readable.from(["2000,a\n", '2001,"b,c"\n']), client.query(from("COPY node_smoke FROM STDIN (FORMAT csv)")));
  const chunks = [];
  for await (const chunk of client.query(to("COPY (SELECT * FROM node_smoke WHERE id >= 2000 ORDER BY id) TO STDOUT"))) chunks.push(chunk);
  assert.strictEqual(Buffer.concat(chunks).toString(), "2000\ta\n2001\tb,c\n");
}

async function transactions(client) {
  await client.query("BEGIN");
  await client.query("INSERT INTO node_smoke VALUES ($1, $2)", [9000, "gone"]);
  await assert.rejects(client.query("SELECT 1/0"), { code: "22012" });
  await assert.rejects(client.query("SELECT 1"), { code: "25P02" });
  await client.query("ROLLBACK");
  assert.strictEqual((await client.query("SELECT count(*)::int AS n FROM node_smoke")).rows[0].n, 1002);
  await assert.rejects(client.query("SELECT * FROM no_such"), { code: "42P01", position: "15" });
  await assert.rejects(client.query("SELECT $1::int", ["x"]), { code: "22P02" });
}

async function cancellation(client) {
  const other = new Client(options);
  await other.connect();
  const running = client.query(slow);
  setTimeout(() => other.query("SELECT pg_cancel_backend($1)", [client.processID]), 300);
  await assert.rejects(running, { code: "57014" });
  await other.end();
  const limited = new Client({ ...options, statement_timeout: 300 });
  await limited.connect();
  await assert.rejects(limited.query(slow), { code: "57014" });
  await limited.end();
  assert.strictEqual((await client.query("SELECT 1 AS one")).rows[0].one, 1);
}

async function pool() {
  const shared = new Pool({ ...options, max: 4 });
  const results = await Promise.all(Array.from({ length: 30 }, (_, i) => shared.query("SELECT $1::int AS i", [i])));
  assert.deepStrictEqual(results.map((r) => r.rows[0].i), Array.from({ length: 30 }, (_, i) => i));
  await shared.end();
}

(async () => {
  const client = new Client(options);
  await client.connect();
  for (const test of [types_, tables, transactions, cancellation, pool]) {
    await test(client);
    console.log("ok", test.name);
  }
  await client.end();
})().catch((error) => {
  console.log("FAILED", error);
  process.exit(1);
});
