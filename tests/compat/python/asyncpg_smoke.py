#!/usr/bin/env python3
"""asyncpg, which speaks binary only: every type as parameter and result, arrays, COPY, cursors, transactions, cancellation.
usage: asyncpg_smoke.py HOST PORT USER DATABASE [PASSWORD]"""
import asyncio
import datetime
import decimal
import io
import sys
import uuid

import asyncpg

D = decimal.Decimal
UTC = datetime.timezone.utc
VALUES = {
    "boolean": [True, False],
    "smallint": [0, -32768, 32767],
    "integer": [0, -2147483648, 2147483647],
    "bigint": [0, -9223372036854775808, 9223372036854775807],
    "real": [0.0, 1.5, float("inf")],
    "double precision": [0.0, 0.1, -1e300, float("-inf")],
    "numeric(38,10)": [D("0"), D("-1.5"), D("9999999999999999999999999999.9999999999"), D("0.0000000001")],
    "text": ["", "žluťoučký", "a\\b'\"\n"],
    "varchar(10)": ["", "abc"],
    "bytea": [b"", bytes(range(256))],
    "date": [datetime.date(2000, 1, 1), datetime.date(1, 1, 1), datetime.date(9999, 12, 31)],
    "time": [datetime.time(0, 0), datetime.time(23, 59, 59, 999999)],
    "timestamp": [datetime.datetime(1969, 12, 31, 23, 59, 59, 1), datetime.datetime(9999, 12, 31)],
    "timestamptz": [datetime.datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)],
    "interval": [datetime.timedelta(0), datetime.timedelta(days=-400, hours=5, microseconds=7)],
    "uuid": [uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1)],
    "json": ['{"a": [1, null]}', "null"],
    "jsonb": ['{"a": [1, null]}'],
}


async def types(db):
    for kind, values in VALUES.items():
        for value in [*values, None]:
            got = await db.fetchval(f"SELECT $1::{kind}", value)
            assert got == value, (kind, value, got)
        if not kind.startswith(("json", "varchar")):
            got = await db.fetchval(f"SELECT $1::{kind}[]", [*values, None])
            assert got == [*values, None], (kind, got)
            assert await db.fetchval(f"SELECT $1::{kind}[]", []) == []
    assert await db.fetchval("SELECT $1::text[]", ["a", None, ""]) == ["a", None, ""]
    assert await db.fetchval("SELECT sum(x) FROM unnest($1::int[]) AS t(x)", [1, 2, 3]) == 6
    assert await db.fetchval("SELECT count(*) FROM generate_series(1, 10) AS t(x) WHERE x = ANY($1::int[])", [1, 5, 50]) == 2
    row = await db.fetchrow("SELECT 1 AS a, 'x' AS b, NULL::int AS c, ARRAY[ARRAY[1, 2], ARRAY[3, 4]] IS NOT NULL AS d")
    assert dict(row) == {"a": 1, "b": "x", "c": None, "d": True}, row


async def tables(db):
    await db.execute("DROP TABLE IF EXISTS apg")
    await db.execute("CREATE TABLE apg (id integer NOT NULL, name text, price numeric(10,2), at timestamptz, tags text[])")
    at = datetime.datetime(2024, 1, 1, tzinfo=UTC)
    assert await db.execute("INSERT INTO apg VALUES ($1, $2, $3, $4, $5)", 1, "a", D("1.25"), at, ["x", "y"]) == "INSERT 0 1"
    await db.executemany("INSERT INTO apg VALUES ($1, $2, $3, $4, $5)",
                         [(i, f"n{i}", D(i), at, None) for i in range(2, 102)])
    records = [(i, None, D("0.5"), at, [str(i)]) for i in range(1000, 2000)]
    assert await db.copy_records_to_table("apg", records=records) == "COPY 1000"
    assert await db.copy_to_table("apg", source=io.BytesIO(b"5000,csv,1.00,,\n"), format="csv") == "COPY 1"
    out = io.BytesIO()
    assert await db.copy_from_query("SELECT id, name FROM apg WHERE id < $1 ORDER BY id", 4, output=out, format="csv") == "COPY 3"
    assert out.getvalue() == b"1,a\n2,n2\n3,n3\n", out.getvalue()
    assert await db.fetchval("SELECT count(*) FROM apg") == 1102
    async with db.transaction():
        seen = [row["id"] async for row in db.cursor("SELECT id FROM apg ORDER BY id", prefetch=7)]
        assert len(seen) == 1102 and seen == sorted(seen)
        cursor = await db.cursor("SELECT id FROM apg ORDER BY id")
        assert len(await cursor.fetch(10)) == 10
        assert (await cursor.fetchrow())["id"] == 11
    statement = await db.prepare("SELECT id, name, price FROM apg WHERE id = $1")
    assert [str(a.type.name) for a in statement.get_attributes()] == ["int4", "text", "numeric"]
    assert [str(p.name) for p in statement.get_parameters()] == ["int4"]
    assert (await statement.fetchrow(1))["price"] == D("1.25")


async def errors(db):
    for sql, kind in [("SELECT 1/0", asyncpg.DivisionByZeroError), ("SELECT * FROM no_such", asyncpg.UndefinedTableError),
                      ("SELEC", asyncpg.PostgresSyntaxError), ("SELECT 'x'::int", asyncpg.InvalidTextRepresentationError)]:
        try:
            await db.fetch(sql)
            raise AssertionError(sql)
        except kind as error:
            assert error.sqlstate
    try:
        async with db.transaction():
            await db.execute("INSERT INTO apg VALUES (9999, 'gone', 0, NULL, NULL)")
            async with db.transaction():
                await db.execute("INSERT INTO apg VALUES (9998, 'gone', 0, NULL, NULL)")
            await db.fetch("SELECT 1/0")
    except asyncpg.DivisionByZeroError:
        pass
    assert await db.fetchval("SELECT count(*) FROM apg WHERE id > 9000") == 0


async def cancellation(db):
    slow = "SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 100000) b(y) WHERE x % 7 = y % 5"
    try:
        await db.fetchval(slow, timeout=0.5)
        raise AssertionError("it was not slow")
    except asyncio.TimeoutError:
        pass
    assert await db.fetchval("SELECT 1") == 1


async def main():
    host, port, user, database, *password = sys.argv[1:]
    options = {"host": host, "port": int(port), "user": user, "database": database, "password": password[0] if password else None}
    db = await asyncpg.connect(**options)
    for test in (types, tables, errors, cancellation):
        await test(db)
        print("ok", test.__name__)
    await db.reset()
    await db.close()
    async with asyncpg.create_pool(**options, min_size=3, max_size=3) as pool:
        counts = await asyncio.gather(*(pool.fetchval("SELECT count(*) FROM apg") for _ in range(20)))
        assert counts == [1102] * 20
    print("ok pool")


asyncio.run(main())
