#!/usr/bin/env python3
"""Real drivers: every type in both directions and both formats, pipelines, COPY, cancellation. psycopg 3 and 2."""
import datetime
import decimal
import enum
import io
import shutil
import subprocess
import threading
import unittest
import uuid

from pg_raw import ServerCase, main

try:
    import psycopg
except ImportError:
    psycopg = None
try:
    import psycopg2
    import psycopg2.extras
except ImportError:
    psycopg2 = None

D = decimal.Decimal
UTC = datetime.timezone.utc

# SQL type -> values. Each travels as a parameter and back, as text and in binary.
VALUES = {
    "boolean": [True, False],
    "smallint": [0, 1, -1, 32767, -32768],
    "integer": [0, 1, -1, 2147483647, -2147483648],
    "bigint": [0, 1, -1, 9223372036854775807, -9223372036854775808],
    "real": [0.0, 1.5, -2.25, 1024.0, 2.0 ** -10],
    "double precision": [0.0, 0.1, -1e300, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf")],
    "numeric(38,10)": [D("0"), D("1"), D("-1"), D("0.0001"), D("1234.5678"), D("10000"), D("99990000.0001"),
                       D("-0.0000000001"), D("9999999999999999999999999999.9999999999")],
    "numeric(38,0)": [D("0"), D("9" * 38), D("-" + "9" * 38), D("10000"), D("100000000")],
    "numeric(38,37)": [D("0." + "0" * 36 + "1"), D("9." + "9" * 37)],
    "date": [datetime.date(2000, 1, 1), datetime.date(1970, 1, 1), datetime.date(1, 1, 1),
             datetime.date(9999, 12, 31), datetime.date(2024, 2, 29)],
    "time": [datetime.time(0, 0), datetime.time(23, 59, 59, 999999), datetime.time(12, 30, 15, 500)],
    "timestamp": [datetime.datetime(2000, 1, 1), datetime.datetime(1, 1, 1),
                  datetime.datetime(9999, 12, 31, 23, 59, 59, 999999), datetime.datetime(1969, 12, 31, 23, 59, 59, 1)],
    "timestamptz": [datetime.datetime(2000, 1, 1, tzinfo=UTC), datetime.datetime(1900, 6, 1, 12, tzinfo=UTC),
                    datetime.datetime(2024, 7, 1, 12, 0, 0, 123456,
                                      tzinfo=datetime.timezone(datetime.timedelta(hours=-7)))],
    "interval": [datetime.timedelta(0), datetime.timedelta(days=1), datetime.timedelta(microseconds=-1),
                 datetime.timedelta(days=-400, hours=5, microseconds=7)],
    "text": ["", "x", "žluťoučký kůň", "a\\b'c\"d\n\t{}", "x" * 100000],
    "varchar(10)": ["", "abc"],
    "bytea": [b"", b"\0", bytes(range(256)), b"\\x41"],
    "uuid": [uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1), uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")],
}


@unittest.skipUnless(psycopg, "python3-psycopg is not installed")
class Psycopg(ServerCase):
    def setUp(self):
        self.db = self.open()

    def open(self, **options):
        db = psycopg.connect(host="127.0.0.1", port=self.server.port, user="weir", dbname="weir", autocommit=True,
                             **options)
        self.addCleanup(db.close)
        return db

    def test_transactions_that_define_side_by_side(self):
        # Both work with the same object id until they commit.
        first, second = self.open(), self.open()
        first.autocommit = second.autocommit = False
        for db, name, value in ((first, "side_a", 1), (second, "side_b", 2)):
            db.execute(f"CREATE TABLE {name} (x int)")
            db.execute(f"INSERT INTO {name} VALUES ({value})")
            db.execute(f"CREATE VIEW {name}_tmp AS SELECT x FROM {name}")
            db.execute(f"ALTER VIEW {name}_tmp RENAME TO {name}_view")
        first.commit()
        second.commit()
        for name, value in (("side_a", 1), ("side_b", 2)):
            self.assertEqual(self.db.execute(f"SELECT * FROM {name}").fetchall(), [(value,)])
            self.assertEqual(self.db.execute(f"SELECT * FROM {name}_view").fetchall(), [(value,)])
        first.execute("CREATE TABLE side_c (x int)")
        second.execute("CREATE TABLE side_c (y int)")
        first.commit()
        with self.assertRaises(psycopg.errors.DuplicateTable):
            second.commit()
        for name in ("side_a", "side_b"):
            self.db.execute(f"DROP VIEW {name}_view")
            self.db.execute(f"DROP TABLE {name}")
        self.db.execute("DROP TABLE side_c")

    def test_columns_say_where_they_are_from(self):
        db = self.db
        db.execute("CREATE TABLE origin (a int, b text)")
        cursor = db.execute("SELECT b, a + 1, o.a AS c, 1 FROM origin o WHERE a > %s", [0])
        oid = db.execute("SELECT 'origin'::regclass::oid").fetchone()[0]
        result = cursor.pgresult
        self.assertEqual([(result.ftable(i), result.ftablecol(i)) for i in range(4)], [(oid, 2), (0, 0), (oid, 1), (0, 0)])
        db.execute("DROP TABLE origin")

    def test_declared_parameter_types_stay(self):
        # varchar, char, name, oid and jsonb are what the client said they are.
        pgconn = self.db.pgconn
        oids = [1043, 1042, 19, 26, 3802, 0]
        pgconn.prepare(b"declared", b"SELECT $1, $2, $3, $4::bigint, $5, $6::int", oids)
        described = pgconn.describe_prepared(b"declared")
        self.assertEqual([described.param_type(i) for i in range(6)], [*oids[:5], 23])

    def test_every_type_both_ways(self):
        db = self.db
        for kind, values in VALUES.items():
            for parameter in ("%t", "%b"):
                for binary in (False, True):
                    with self.subTest(kind=kind, parameter=parameter, binary=binary):
                        cursor = db.cursor(binary=binary)
                        for value in [*values, None]:
                            got = cursor.execute(f"SELECT CAST({parameter} AS {kind})", [value]).fetchone()[0]
                            self.assertEqual(got, value)
                        if kind not in ("varchar(10)",):
                            got = cursor.execute(f"SELECT CAST({parameter} AS {kind}[])", [[*values, None]])
                            self.assertEqual(got.fetchone()[0], [*values, None])

    def test_records_and_lists_of_lists(self):
        D = decimal.Decimal
        for binary in (False, True):
            with self.subTest(binary=binary):
                def ask(expression):
                    cursor = self.db.cursor(binary=binary).execute(f"SELECT {expression}")
                    return cursor.description[0].type_code, cursor.fetchone()[0]
                self.assertEqual(ask("ARRAY[[1, 2], [3, NULL]]"), (1007, [[1, 2], [3, None]]))
                self.assertEqual(ask("ARRAY[[['a'], ['b']]]"), (1009, [[["a"], ["b"]]]))
                self.assertEqual(ask("ARRAY[ARRAY[]::int[]]"), (1007, [] if binary else [[]]))
                whole = (1, "a", None, D("1.5")) if binary else ("1", "a", None, "1.5")
                self.assertEqual(ask("ROW(1, 'a', NULL, 1.5)"), (2249, whole))
                self.assertEqual(ask("ARRAY[ROW(1, true)]"), (2287, [(1, True) if binary else ("1", "t")]))
        with self.assertRaises(psycopg.errors.FeatureNotSupported):
            self.db.cursor(binary=True).execute("SELECT ARRAY[[1], [2, 3]]").fetchall()

    def test_every_type_through_a_table(self):
        db = self.db
        columns = ", ".join(f"c{i} {kind}, l{i} {kind}[]" for i, kind in enumerate(VALUES))
        db.execute("DROP TABLE IF EXISTS every_type")
        db.execute(f"CREATE TABLE every_type (n int, {columns})")
        rows = max(len(values) for values in VALUES.values()) + 1
        expected = []
        for n in range(rows):
            row = [n]
            for values in VALUES.values():
                value = values[n] if n < len(values) else None
                row += [value, [value, None, values[0]] if n % 2 else None]
            expected.append(tuple(row))
        for parameter in ("%t", "%b"):
            db.execute("TRUNCATE TABLE every_type")
            places = ", ".join([parameter] * len(expected[0]))
            with db.cursor() as cursor:
                cursor.executemany(f"INSERT INTO every_type VALUES ({places})", expected)
            for binary in (False, True):
                got = db.cursor(binary=binary).execute("SELECT * FROM every_type ORDER BY n").fetchall()
                self.assertEqual(got, expected)

    def test_text_and_binary_results_agree(self):
        for expression in (
                "true", "1::smallint", "-1::int", "123456789012345::bigint", "1.5::real", "0.1::float8",
                "123.4500::numeric(10,4)", "0::numeric(10,2)", "-0.05::numeric(5,2)", "DATE '2024-02-29'",
                "TIME '12:34:56.789'", "TIMESTAMP '2024-01-01 00:00:00.000001'",
                "TIMESTAMPTZ '2024-01-01 00:00:00+02'", "INTERVAL '1 day -00:00:01'", "'text'", "''",
                "'\\x00ff'::bytea", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "ARRAY[1, NULL, 3]",
                "ARRAY[]::int[]", "ARRAY['a', NULL, '']", "ARRAY[1.5, 2.25]::numeric(5,2)[]", "ARRAY[true, NULL]",
                "ARRAY[DATE '2024-01-01']", "1 = 1", "count(*)", "sum(1::bigint)", "avg(1)", "max('x')"):
            with self.subTest(expression=expression):
                text_row = self.db.cursor(binary=False).execute(f"SELECT {expression}").fetchone()
                binary_row = self.db.cursor(binary=True).execute(f"SELECT {expression}").fetchone()
                self.assertEqual(text_row, binary_row)
                self.assertEqual(type(text_row[0]), type(binary_row[0]))

    def test_json(self):
        from psycopg.types.json import Json, Jsonb
        document = {"a": [1, 2.5, None, True], "b": {"č": "x\n"}}
        for wrapper in (Json, Jsonb):
            for parameter in ("%t", "%b"):
                for binary in (False, True):
                    for kind in ("json", "jsonb"):
                        cursor = self.db.cursor(binary=binary)
                        got = cursor.execute(f"SELECT CAST({parameter} AS {kind})", [wrapper(document)]).fetchone()[0]
                        self.assertEqual(got, document)

    def test_untyped_parameters(self):
        db = self.db
        self.assertEqual(db.execute("SELECT %s + 1", [41]).fetchone(), (42,))
        self.assertEqual(db.execute("SELECT %s", ["text"]).fetchone(), ("text",))
        self.assertEqual(db.execute("SELECT %s::int IS NULL", [None]).fetchone(), (True,))
        self.assertEqual(db.execute("SELECT 3 = ANY(%s)", [[1, 2, 3]]).fetchone(), (True,))
        self.assertEqual(db.execute("SELECT %s || %s", ["a", "b"]).fetchone(), ("ab",))
        self.assertEqual(db.execute("SELECT %s LIMIT %s", [5, 1]).fetchone(), (5,))
        self.assertEqual(db.execute("SELECT %s::date + %s", [datetime.date(2024, 1, 1), 3]).fetchone(),
                         (datetime.date(2024, 1, 4),))
        # Numbers as large and as exact as they are.
        for value in (D("1.12345678901234567890"), D("123456789012345678901234567890"), D("-0.00000000000000000001")):
            for parameter in ("%t", "%b"):
                self.assertEqual(db.execute(f"SELECT {parameter}", [value]).fetchone()[0], value)

    def test_prepared_statements(self):
        for _ in range(3):
            for value in range(10):
                got = self.db.execute("SELECT %s::bigint * 2", [value], prepare=True).fetchone()
                self.assertEqual(got, (value * 2,))
        with self.open() as other:
            other.prepare_threshold = 0
            for i in range(250):  # more than psycopg keeps: it deallocates the oldest
                self.assertEqual(other.execute(f"SELECT {i} + %s", [1]).fetchone(), (i + 1,))

    def test_changes_that_return_rows(self):
        self.db.execute("CREATE TABLE changes (a int, b text, c numeric(8,2))")
        cursor = self.db.execute("INSERT INTO changes VALUES (%s, %s, %s) RETURNING *", (1, "x", D("2.5")))
        self.assertEqual([column.name for column in cursor.description], ["a", "b", "c"])
        self.assertEqual((cursor.fetchall(), cursor.statusmessage), ([(1, "x", D("2.50"))], "INSERT 0 1"))
        with self.db.cursor(binary=True) as binary:
            binary.executemany("INSERT INTO changes VALUES (%s, %s, %s) RETURNING a", [(i, "y", i) for i in (2, 3)],
                               returning=True)
            self.assertEqual(binary.fetchone(), (2,))
            binary.execute("UPDATE changes SET b = %s FROM (VALUES (%s::int)) AS v(k) WHERE a = v.k RETURNING b, c",
                           ("z", 3))
            self.assertEqual((binary.fetchall(), binary.statusmessage), ([("z", D("3.00"))], "UPDATE 1"))
        cursor = self.db.execute("MERGE INTO changes USING (SELECT %s::int AS k) AS s ON a = s.k "
                                 "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (a) VALUES (s.k)", (9,))
        self.assertEqual((cursor.description, cursor.statusmessage), (None, "MERGE 1"))
        cursor = self.db.execute("WITH d AS (DELETE FROM changes WHERE a > %s RETURNING a) SELECT count(*) FROM d", (1,))
        self.assertEqual((cursor.fetchall(), cursor.statusmessage), ([(3,)], "SELECT 1"))
        self.db.execute("CREATE FUNCTION twice(x int) RETURNS int LANGUAGE SQL RETURN x * 2")
        self.assertEqual(self.db.execute("SELECT twice(%s), twice(a) FROM changes", (4,)).fetchall(), [(8, 2)])

    def test_pipeline_mode(self):
        db = self.db
        db.execute("CREATE TABLE IF NOT EXISTS piped (n int)")
        db.execute("TRUNCATE TABLE piped")
        with db.pipeline() as pipeline:
            cursors = [db.execute("INSERT INTO piped VALUES (%s)", [i]) for i in range(50)]
            answer = db.execute("SELECT count(*) FROM piped")
            pipeline.sync()
            self.assertEqual(answer.fetchone(), (50,))
            self.assertEqual(cursors[0].rowcount, 1)
        # An error aborts the rest up to the sync, and what came before it is not kept.
        with self.assertRaises(psycopg.errors.DivisionByZero):
            with db.pipeline():
                db.execute("INSERT INTO piped VALUES (100)")
                db.execute("SELECT 1 / %s", [0])
                db.execute("INSERT INTO piped VALUES (101)")
        self.assertEqual(db.execute("SELECT count(*) FROM piped").fetchone(), (50,))
        with db.transaction(), db.pipeline():
            db.execute("INSERT INTO piped VALUES (200)")
            db.execute("INSERT INTO piped VALUES (201)")
        self.assertEqual(db.execute("SELECT count(*) FROM piped").fetchone(), (52,))

    def test_transactions(self):
        db = self.db
        db.execute("CREATE TABLE IF NOT EXISTS tx (n int)")
        db.execute("TRUNCATE TABLE tx")
        with db.transaction():
            db.execute("INSERT INTO tx VALUES (1)")
        with self.assertRaises(psycopg.errors.UndefinedColumn):
            with db.transaction():
                db.execute("INSERT INTO tx VALUES (2)")
                db.execute("SELECT nosuch")
        self.assertEqual(db.execute("SELECT n FROM tx").fetchall(), [(1,)])
        db.execute("BEGIN")
        with self.assertRaises(psycopg.errors.SyntaxError):
            db.execute("SELEC 1")
        with self.assertRaises(psycopg.errors.InFailedSqlTransaction):
            db.execute("SELECT 1")
        db.execute("ROLLBACK")

    def test_copy(self):
        db = self.db
        db.execute("CREATE TABLE IF NOT EXISTS copied (n int, t text, d date)")
        db.execute("TRUNCATE TABLE copied")
        rows = [(i, None if i % 7 == 0 else f"row\t{i}\n\\", datetime.date(2024, 1, 1)) for i in range(20000)]
        with db.cursor() as cursor, cursor.copy("COPY copied (n, t, d) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        self.assertEqual(db.execute("SELECT count(*) FROM copied").fetchone(), (20000,))
        with db.cursor() as cursor, cursor.copy("COPY (SELECT n, t, d FROM copied ORDER BY n) TO STDOUT") as copy:
            copy.set_types(["int4", "text", "date"])
            self.assertEqual(list(copy.rows()), rows)
        with db.cursor() as cursor, cursor.copy("COPY copied FROM STDIN (FORMAT csv)") as copy:
            copy.write('1,"x,y",2024-01-01\n2,,\n')
        # A failing client, and bad rows.
        with self.assertRaises((ZeroDivisionError, psycopg.errors.QueryCanceled)):
            with db.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
                copy.write_row((1, "x", None))
                raise ZeroDivisionError  # psycopg sends CopyFail, and shows the server's answer
        with self.assertRaises(psycopg.errors.InvalidTextRepresentation) as caught:
            with db.cursor() as cursor, cursor.copy("COPY copied FROM STDIN") as copy:
                copy.write("1\tx\t\\N\nseven\tx\t\\N\n")
        self.assertIn("line 2", str(caught.exception))
        self.assertEqual(db.execute("SELECT count(*) FROM copied").fetchone(), (20002,))

    def test_copy_binary(self):
        db = self.db
        db.execute("DROP TABLE IF EXISTS copied_binary")
        db.execute("CREATE TABLE copied_binary (a int, b text, c numeric(10,2), d timestamptz, e float8, f bool, g uuid,"
                   " h bytea, i date, j int[], k varchar(3))")
        types = ["int4", "text", "numeric", "timestamptz", "float8", "bool", "uuid", "bytea", "date", "int4[]", "varchar"]
        midnight = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        rows = [(1, "x", decimal.Decimal("1.25"), midnight, 1.5, True, uuid.UUID(int=5), b"\0\xff",
                 datetime.date(2024, 2, 29), [1, None, 3], "abc"),
                (2, "\u00e9", decimal.Decimal("-0.01"), midnight, -0.0, False, uuid.UUID(int=0), b"",
                 datetime.date(1, 1, 1), [], ""), (None,) * 11]
        with db.cursor() as cursor, cursor.copy("COPY copied_binary FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(types)
            for row in rows * 3000:
                copy.write_row(row)
        self.assertEqual(db.execute("SELECT count(*) FROM copied_binary").fetchone(), (9000,))
        with db.cursor() as cursor, cursor.copy(
                "COPY (SELECT DISTINCT * FROM copied_binary ORDER BY a) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(types)
            self.assertEqual(list(copy.rows()), rows)
        with self.assertRaises(psycopg.errors.StringDataRightTruncation):
            with db.cursor() as cursor, cursor.copy("COPY copied_binary (k) FROM STDIN (FORMAT binary)") as copy:
                copy.write_row(["long"])

    def test_types_of_users(self):
        from psycopg.types.enum import EnumInfo, register_enum
        db = self.db
        db.execute("CREATE TYPE colour AS ENUM ('red', 'green', 'blue')")
        db.execute("CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0)")
        db.execute("CREATE TABLE painted (c colour, cs colour[], b bit(3), v bit varying, e even)")
        Colour = enum.Enum("Colour", ["red", "green", "blue"])
        info = EnumInfo.fetch(db, "colour")
        self.assertEqual(list(info.labels), ["red", "green", "blue"])
        register_enum(info, db, Colour)
        for cursor in (db.cursor(), db.cursor(binary=True)):
            for placeholder in ("%t", "%b"):
                cursor.execute(f"INSERT INTO painted (c, cs, e) VALUES ({placeholder}, {placeholder}, 4)",
                               [Colour.green, [Colour.blue, Colour.red]])
                cursor.execute("SELECT c, cs, e FROM painted WHERE c > 'red'")
                self.assertEqual(cursor.fetchall(), [(Colour.green, [Colour.blue, Colour.red], 4)])
                self.assertEqual([column.type_code for column in cursor.description], [info.oid, info.array_oid, 23])
                db.execute("TRUNCATE painted")
        db.execute("INSERT INTO painted (b, v) VALUES (B'101', B'1011111111')")
        self.assertEqual(db.execute("SELECT b, v FROM painted").fetchone(), ("101", "1011111111"))
        raw = db.cursor(binary=True).execute("SELECT b, v FROM painted")
        self.assertEqual([column.type_code for column in raw.description], [1560, 1562])
        result = raw.pgresult
        self.assertEqual(result.get_value(0, 0), b"\0\0\0\3\xa0")
        self.assertEqual(result.get_value(0, 1), b"\0\0\0\x0a\xbf\xc0")
        with self.assertRaises(psycopg.errors.CheckViolation):
            db.execute("INSERT INTO painted (e) VALUES (%s)", [3])
        with self.assertRaises(psycopg.errors.CheckViolation):
            with db.cursor().copy("COPY painted (e) FROM STDIN") as copy:
                copy.write_row([3])
        with self.assertRaises(psycopg.errors.InvalidTextRepresentation):
            db.execute("INSERT INTO painted (c) VALUES ('white')")

    def test_stream_of_a_large_result(self):
        total = 0
        with self.db.cursor() as cursor:
            for row in cursor.stream("SELECT x FROM generate_series(1, 20000) AS g(x)"):
                total += row[0]
        self.assertEqual(total, 20000 * 20001 // 2)

    def test_cancel(self):
        db = self.db
        timer = threading.Timer(0.3, db.cancel)
        timer.start()
        with self.assertRaises(psycopg.errors.QueryCanceled):
            db.execute("SELECT count(*) FROM generate_series(1, 1000000) AS a(x), generate_series(1, 1000000) AS b(y) "
                       "WHERE (x + y) % 7 = 3")
        timer.join()
        self.assertEqual(db.execute("SELECT 1").fetchone(), (1,))

    def test_notices(self):
        seen = []
        self.db.add_notice_handler(lambda diagnostic: seen.append((diagnostic.severity, diagnostic.sqlstate)))
        self.db.execute("DROP TABLE IF EXISTS never_there")
        self.db.execute("COMMIT")
        self.assertIn(("NOTICE", "00000"), seen)
        self.assertIn(("WARNING", "25P01"), seen)

    def test_error_fields(self):
        with self.assertRaises(psycopg.errors.UndefinedColumn) as caught:
            self.db.execute("SELECT 'ž', nosuch")
        self.assertEqual(caught.exception.diag.statement_position, "13")
        self.assertEqual(caught.exception.sqlstate, "42703")
        with self.assertRaises(psycopg.errors.UndefinedTable):
            self.db.execute("SELECT * FROM nosuch")
        with self.assertRaises(psycopg.errors.OutOfMemory) as caught:
            self.db.execute("SET query_memory_limit = '16MB'")
            self.db.execute("SET enable_spill = off")
            self.db.execute("SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY x % 7) AS n "
                            "FROM generate_series(1, 5000000) AS g(x)) AS t")


@unittest.skipUnless(shutil.which("psql"), "psql is not installed")
class Psql(ServerCase):
    def psql(self, *arguments, stdin=""):
        return subprocess.run(["psql", "-X", "-h", "127.0.0.1", "-p", str(self.server.port), "-U", "weir", "-d", "weir",
                               *arguments], input=stdin, capture_output=True, text=True, timeout=30)

    def test_copy(self):
        done = self.psql("-At", stdin="CREATE TABLE lines (n int, t text);\n\\copy lines from stdin\n1\tx\n2\t\\N\n\\.\n"
                         "COPY lines FROM STDIN (FORMAT csv);\n3,\"a,b\"\n\\.\nSELECT count(*) FROM lines;\n"
                         "\\copy (SELECT * FROM lines ORDER BY n) to stdout csv header\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.endswith('3\nn,t\n1,x\n2,\n3,"a,b"\n'), done.stdout)
        done = self.psql("-v", "ON_ERROR_STOP=1", "-c", "\\copy lines from stdin", stdin="4\tx\nbad\ty\n\\.\n")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("line 2", done.stderr)
        self.assertEqual(self.psql("-At", "-c", "SELECT count(*) FROM lines").stdout, "3\n")

    def test_errors_show_their_place(self):
        done = self.psql("-c", "SELECT 1 +\n  nosuch AS žluť")
        self.assertEqual(done.returncode, 1)
        lines = done.stderr.rstrip().split("\n")
        self.assertEqual(lines[0], 'ERROR:  column "nosuch" does not exist')
        self.assertEqual(lines[1], "LINE 2:   nosuch AS žluť")
        self.assertEqual(lines[2].index("^"), lines[1].index("nosuch"))
        done = self.psql("-v", "VERBOSITY=verbose", "-c", "SELECT length(1, 2)")
        self.assertIn("42883", done.stderr)

    def test_functions(self):
        self.psql("-c", "CREATE FUNCTION shown(a int, b text DEFAULT 'x') RETURNS text LANGUAGE SQL STABLE AS "
                        "$$SELECT b || a$$")
        self.assertIn("a integer, b text DEFAULT 'x'", self.psql("-c", r"\df shown").stdout)
        self.assertIn("stable", self.psql("-c", r"\df+ shown").stdout)
        self.assertIn("AS $function$SELECT b || a$function$", self.psql("-c", r"\sf shown").stdout)
        self.assertIn("pg_catalog", self.psql("-c", r"\da bool_and").stdout)
        self.assertIn("window", self.psql("-c", r"\dfw rank").stdout)

    def test_backslash_commands(self):
        self.psql("-c", "CREATE TABLE IF NOT EXISTS described (a int NOT NULL, b text)", "-c",
                  "CREATE OR REPLACE VIEW described_view AS SELECT a FROM described")
        for command in ("\\d", "\\d described", "\\d+ described", "\\dt", "\\dv", "\\l", "\\dn", "\\du", "\\df abs",
                        "\\conninfo", "\\encoding", "\\dT"):
            with self.subTest(command=command):
                done = self.psql("-c", command)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("not null", self.psql("-c", "\\d described").stdout)

    def test_types_of_users(self):
        self.psql("-c", "CREATE TYPE colour AS ENUM ('red', 'green')", "-c",
                  "CREATE DOMAIN even AS int DEFAULT 2 NOT NULL CONSTRAINT half CHECK (VALUE % 2 = 0)", "-c",
                  "CREATE COLLATION german (provider = icu, locale = 'de')", "-c",
                  "CREATE TABLE painted (c colour, cs colour[], e even, b bit(3), t text COLLATE german)")
        for command, wanted in (("\\dT", ["colour"]), ("\\dT+ colour", ["red", "green"]),
                                ("\\dD", ["even", "integer", "not null", "CHECK", "2"]), ("\\dO", ["german", "icu"]),
                                ("\\dOS de-x-icu", ["de-x-icu"]),
                                ("\\d painted", ["colour", "colour[]", "even", "bit(3)", "german"])):
            with self.subTest(command=command):
                done = self.psql("-c", command)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                for word in wanted:
                    self.assertIn(word, done.stdout)


@unittest.skipUnless(psycopg2, "python3-psycopg2 is not installed")
class Psycopg2(ServerCase):
    def setUp(self):
        self.db = psycopg2.connect(host="127.0.0.1", port=self.server.port, user="weir", dbname="weir")
        self.addCleanup(self.db.close)

    def test_values(self):
        cursor = self.db.cursor()
        for kind, values in VALUES.items():
            for value in values:
                if isinstance(value, uuid.UUID):
                    value = str(value)
                cursor.execute(f"SELECT CAST(%s AS {kind})", [value])
                got = cursor.fetchone()[0]
                self.assertEqual(bytes(got) if isinstance(value, bytes) else got, value, kind)
        cursor.execute("SELECT ARRAY[1, NULL, 3], '{\"a\": 1}'::json")
        self.assertEqual(cursor.fetchone(), ([1, None, 3], {"a": 1}))

    def test_transactions_and_copy(self):
        cursor = self.db.cursor()
        cursor.execute("CREATE TABLE IF NOT EXISTS two (n int, t text)")
        self.db.commit()
        cursor.copy_from(io.StringIO("1\tx\n2\t\\N\n"), "two")
        self.db.rollback()
        cursor.copy_expert("COPY two FROM STDIN WITH CSV HEADER", io.StringIO("n,t\n1,x\n2,\n"))
        self.db.commit()
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT * FROM two ORDER BY n) TO STDOUT", out)
        self.assertEqual(out.getvalue(), "1\tx\n2\t\\N\n")
        psycopg2.extras.execute_values(cursor, "INSERT INTO two VALUES %s", [(i, str(i)) for i in range(10, 200)])
        self.db.commit()
        cursor.execute("SELECT count(*) FROM two")
        self.assertEqual(cursor.fetchone(), (192,))


if __name__ == "__main__":
    main()
