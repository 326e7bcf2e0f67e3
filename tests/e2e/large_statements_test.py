#!/usr/bin/env python3
"""Statements larger or deeper than anyone writes by hand: each gets its answer or SQLSTATE 54001, soon, and the server
goes on."""
import time
import unittest

from pg_raw import ServerCase, ServerError, main

SECONDS_MAX = 30


class LargeStatements(ServerCase):
    def timed(self, run, *arguments):
        start = time.monotonic()
        out = run(*arguments)
        self.assertLess(time.monotonic() - start, SECONDS_MAX)
        return out

    def assert_too_complex(self, sql):
        client = self.connect()
        self.timed(self.assert_error, "54001", client.query, sql)
        # The session goes on, too.
        self.assertEqual(client.value("SELECT 1"), "1")

    def assert_value(self, expected, sql):
        self.assertEqual(self.timed(self.connect().value, sql), expected)

    def test_chains_of_operators(self):
        self.assert_too_complex("SELECT " + "+".join(["1"] * 100_000))
        self.assert_too_complex("SELECT length(" + "||".join(["'a'"] * 50_000) + ")")
        self.assert_value("1000", "SELECT " + "+".join(["1"] * 1000))
        self.assert_value("t", "SELECT " + " AND ".join(["1 = 1"] * 100_000))

    def test_nesting(self):
        self.assert_too_complex("SELECT " + "(" * 10_000 + "1" + ")" * 10_000)
        self.assert_too_complex("SELECT " + "NOT " * 10_000 + "true")
        self.assert_too_complex("SELECT " + "abs(" * 10_000 + "1" + ")" * 10_000)
        self.assert_too_complex("SELECT " + "[" * 10_000 + "1" + "]" * 10_000)
        self.assert_too_complex("SELECT " + "CASE WHEN true THEN " * 10_000 + "1" + " END" * 10_000)
        self.assert_too_complex("SELECT * FROM " + "(SELECT * FROM " * 10_000 + "t" + ") q" * 10_000)

    def test_long_lists(self):
        self.assert_value("t", "SELECT 5 IN (" + ",".join(map(str, range(1_000_000))) + ")")
        self.assert_value("f", "SELECT -5 IN (" + ",".join(map(str, range(1_000_000))) + ")")
        rows = self.timed(self.connect().query, "SELECT " + ", ".join(f"{i} AS c{i}" for i in range(10_000)))
        self.assertEqual(rows, [[str(i) for i in range(10_000)]])

    def test_many_branches(self):
        rows = self.timed(self.connect().query, " UNION ALL ".join(["SELECT 1"] * 1000))
        self.assertEqual(rows, [["1"]] * 1000)
        self.assert_value("1", "SELECT count(*) FROM (" + " UNION ".join(["SELECT 1"] * 1000) + ") q")
        self.assert_value("1", "SELECT count(*) FROM " + " CROSS JOIN ".join(f"(SELECT 1) t{i}" for i in range(300)))
        names = ", ".join(f"c{i} AS (SELECT x + 1 AS x FROM c{i - 1})" for i in range(1, 500))
        self.assert_value("500", f"WITH c0 AS (SELECT 1 AS x), {names} SELECT x FROM c499")

    def test_chains_of_conditions(self):
        rows = "SELECT count(*) FROM generate_series(1, 10) x WHERE "
        self.assert_value("10", rows + " OR ".join(f"x = {i}" for i in range(100_000)))
        self.assert_value("10", rows + " AND ".join(f"x <> {i + 100}" for i in range(100_000)))
        self.assert_value("10", rows + " OR ".join(f"(x = {i} AND x < {i + 5})" for i in range(5000)))
        self.assert_value("8", rows + "x NOT IN (" + ", ".join(f"x + {i}" for i in range(1, 1000)) + ", 3, 4)")
        cases = " ".join(f"WHEN {i} THEN {2 * i}" for i in range(100_000))
        self.assert_value("110", f"SELECT sum(CASE x {cases} END) FROM generate_series(1, 10) x")
        self.assert_value("5", "SELECT coalesce(" + "NULL, " * 100_000 + "5)")

    def test_nesting_of_other_kinds(self):
        self.assert_too_complex("SELECT 1" + "::int" * 100_000)
        self.assert_too_complex("SELECT (ARRAY[1])" + "[1]" * 20_000)
        self.assert_too_complex("SELECT " + "row(" * 5000 + "1" + ")" * 5000)
        self.assert_too_complex("SELECT " + "exists(SELECT 1 WHERE " * 1000 + "true" + ")" * 1000)
        self.assert_too_complex("(" * 3000 + "SELECT 1" + ") UNION SELECT 1" * 3000)
        self.assert_too_complex("SELECT NULL::" + "array<" * 5000 + "int" + ">" * 5000)
        self.assert_too_complex("SELECT ('" + "[" * 1_000_000 + "]" * 1_000_000 + "')::jsonb IS NULL")
        client = self.connect()
        client.query("CREATE VIEW v0 AS SELECT 1 AS x")
        for i in range(1, 50):
            client.query(f"CREATE VIEW v{i} AS SELECT x FROM v{i - 1}")
        self.assertEqual(client.value("SELECT x FROM v49"), "1")

    def test_more_of_a_kind_than_a_plan_takes(self):
        tables = [f"(SELECT 1) t{i}" for i in range(10_000)]
        self.assert_too_complex("SELECT count(*) FROM " + ", ".join(tables))
        self.assert_too_complex("SELECT count(*) FROM " + " CROSS JOIN ".join(tables))
        self.assert_too_complex(" EXCEPT ".join(f"SELECT {i}" for i in range(10_000)))
        self.assert_too_complex("WITH t0 AS (SELECT 1 a)" + "".join(f", t{i} AS (SELECT * FROM t{i - 1})" for i in range(1, 10_001)) +
                                " SELECT * FROM t10000")
        self.assert_value("1", "WITH t0 AS (SELECT 1 a)" + "".join(f", t{i} AS (SELECT * FROM t{i - 1})" for i in range(1, 1001)) +
                          " SELECT * FROM t1000")
        client = self.connect()
        self.timed(self.assert_error, "54011", client.query, "SELECT " + ",".join(["1"] * 1_000_000))
        client.query("CREATE VIEW deep0 AS SELECT 1 AS x")
        error = None
        for i in range(1, 200):
            try:
                client.query(f"CREATE VIEW deep{i} AS SELECT x FROM deep{i - 1}")
            except ServerError as refused:
                error = refused
                break
        self.assertEqual((error.code, error.fields["P"]), ("54001", str(len(f"CREATE VIEW deep{i} AS SELECT x FROM ") + 1)))

    def test_wide_tables(self):
        client = self.connect()
        self.timed(client.query, "CREATE TABLE wide (" + ", ".join(f"c{i} int" for i in range(10_000)) + ")")
        self.timed(client.query, "INSERT INTO wide VALUES (" + ", ".join(["1"] * 10_000) + ")")
        self.assertEqual(len(self.timed(client.query, "SELECT * FROM wide")[0]), 10_000)
        self.assertEqual(self.timed(client.value, "SELECT count(*) FROM wide a JOIN wide b USING (c1) WHERE a.c2 = b.c3"), "1")

    def test_many_rows_and_long_texts(self):
        client = self.connect()
        values = ",".join(f"({i},'a{i}')" for i in range(300_000))
        self.assertEqual(self.timed(client.value, f"SELECT sum(column1) FROM (VALUES {values}) q"), "44999850000")
        client.query("CREATE TABLE many (a int, b text)")
        self.timed(client.query, "INSERT INTO many VALUES " + values)
        self.assertEqual(client.value("SELECT count(DISTINCT b) FROM many"), "300000")
        self.assert_value("50000000", "SELECT length('" + "x" * 50_000_000 + "')")
        self.assert_value("1", "SELECT 1 /* " + "x" * 50_000_000 + " */")

    def test_patterns(self):
        self.assert_value("f", "SELECT repeat('a', 100000) ~ '(a+)+b'")
        self.assert_value("f", "SELECT repeat('a', 100000) LIKE '" + "%a" * 1000 + "%b'")
        self.assert_value("f", "SELECT repeat('a', 10000) SIMILAR TO '" + "(a|b)*" * 100 + "c'")

    def test_long_results_are_refused(self):
        client = self.connect()
        for sql in ("repeat('x', 2000000000)", "lpad('x', 2000000000, 'ab')", "array_fill(1, ARRAY[2000000000])",
                    "generate_series(1, 10000000000)"):
            self.timed(self.assert_error, "54000", client.query, "SELECT " + sql)

    def test_many_joins(self):
        client = self.connect()
        client.query("CREATE TABLE ten (a int)")
        client.query("INSERT INTO ten SELECT x FROM generate_series(1, 10) x")
        chain = "ten t0 " + " ".join(f"JOIN ten t{i} ON t{i}.a = t{i - 1}.a" for i in range(1, 100))
        self.assertEqual(self.timed(client.value, "SELECT count(*) FROM " + chain), "10")
        client.query("SET statement_timeout = '500ms'")
        cross = ", ".join(f"ten t{i}" for i in range(64))
        self.timed(self.assert_error, "57014", client.query, "SELECT count(*) FROM " + cross)

    def test_recursion_without_end(self):
        endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)"
        self.assert_value("10", endless + " SELECT max(n) FROM (SELECT n FROM t LIMIT 10) q")
        client = self.connect()
        client.query("SET statement_timeout = '500ms'")
        self.timed(self.assert_error, "57014", client.query, endless + " SELECT max(n % 2) FROM t")
        self.assertEqual(client.value("SELECT 1"), "1")


class LimitedMemory(ServerCase):
    arguments = ("--memory-limit", "512MB")

    def test_too_much_memory(self):
        """Each is refused with 53200, and the server goes on."""
        pairs = "generate_series(1, 10000) a, generate_series(1, 10000) b"
        for sql in (f"SELECT * FROM {pairs} ORDER BY a + b DESC",
                    f"SELECT count(DISTINCT a * 10000 + b) FROM {pairs}",
                    f"SELECT count(*) FROM (SELECT a, b FROM {pairs} GROUP BY a, b) q",
                    f"SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY a * b) AS r FROM {pairs}) q",
                    f"WITH c AS MATERIALIZED (SELECT a, b FROM {pairs}) SELECT count(*) FROM c, c AS d WHERE c.a = d.a",
                    "SELECT count(DISTINCT repeat('x', 1000000) || x) FROM generate_series(1, 100000) x",
                    "SELECT cardinality(array_agg(repeat('x', 10000))) FROM generate_series(1, 1000000)",
                    "WITH RECURSIVE r(n, s) AS (SELECT 1, repeat('x', 1000) UNION SELECT n + 1, s || n FROM r) SELECT count(*) FROM r"):
            client = self.connect()
            client.query("SET statement_timeout = '60s'")
            client.query("SET enable_spill = off")
            with self.subTest(sql=sql):
                self.assert_error("53200", client.query, sql)
                self.assertEqual(client.value("SELECT 1"), "1")


if __name__ == "__main__":
    main()
