#!/usr/bin/env python3
"""Statements larger or deeper than anyone writes by hand: each gets its answer or SQLSTATE 54001, soon, and the server
goes on."""
import time
import unittest

from pg_raw import ServerCase, main

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

    def test_recursion_without_end(self):
        endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t)"
        self.assert_value("10", endless + " SELECT max(n) FROM (SELECT n FROM t LIMIT 10) q")
        client = self.connect()
        client.query("SET statement_timeout = '500ms'")
        self.timed(self.assert_error, "57014", client.query, endless + " SELECT max(n % 2) FROM t")
        self.assertEqual(client.value("SELECT 1"), "1")


if __name__ == "__main__":
    main()
