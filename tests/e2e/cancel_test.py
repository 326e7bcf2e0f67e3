"""Statements end soon after they were to: each would go on for a minute or more, and must be gone within seconds of a cancel request, of
statement_timeout, and of a client that goes away. (How many milliseconds it takes: bench/cancel.py.)"""
import threading
import time
import unittest

import pg_raw
from pg_raw import ServerCase, wait_until

LONG_TEXTS = "FROM generate_series(1, 20000) AS t(i)"
STATEMENTS = {
    "regular expressions over long texts": f"SELECT sum(length(regexp_replace(repeat(md5(i::text), 3000), '[a-f]([0-9])', '<\\1>', 'g'))) {LONG_TEXTS}",
    "one long text that is folded": "SELECT length(regexp_replace(repeat('ab', 30000000), 'a(b)', '\\1\\1', 'g'))",
    "LIKE over long texts": "SELECT count(*) FROM (SELECT repeat(md5(i::text), 20000) AS t FROM generate_series(1, 100) AS a(i)) AS x, "
                            "generate_series(1, 10000) AS b(j) WHERE t || j LIKE '%ab_cd%ef_01%'",
    "cross join": "SELECT count(*) FROM generate_series(1, 10000000) AS a(i), generate_series(1, 10000000) AS b(j) WHERE i * j % 7 = 3",
    "join of few keys": "SELECT count(*) FROM generate_series(1, 3000000) AS a(i) JOIN generate_series(1, 3000000) AS b(j) ON i % 3 = j % 3 WHERE i + j < 0",
    "recursion": "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 100000000) SELECT max(i) FROM s",
    "recursion of many rows": "WITH RECURSIVE s(i, n) AS (SELECT i, 1 FROM generate_series(1, 300000) AS t(i) UNION SELECT i + n, n + 1 FROM s WHERE n < 100000) "
                              "SELECT count(*) FROM s",
    "rows that nobody takes": "SELECT i, j FROM generate_series(1, 10000000) AS a(i), generate_series(1, 10000000) AS b(j)",
}
SECONDS_MAX = 20


class Cancel(ServerCase):
    def start(self, sql, **options):
        client = self.connect(timeout=300, **options)
        client.send(pg_raw.message("Q", pg_raw.text(sql)))
        return client

    def end_of(self, client):
        """The SQLSTATE that the statement ends with, and how long that took."""
        start, code = time.monotonic(), None
        while True:
            kind, body = client.next()
            if kind == "E":
                code = pg_raw.parse_fields(body)["C"]
            if kind == "Z":
                return code, time.monotonic() - start

    def test_cancel_requests(self):
        for name, sql in STATEMENTS.items():
            with self.subTest(name):
                client = self.start(sql)
                time.sleep(0.3)
                threading.Thread(target=client.cancel).start()
                code, seconds = self.end_of(client)
                self.assertEqual(code, "57014")
                self.assertLess(seconds, SECONDS_MAX)

    def test_statement_timeout(self):
        for name in ("regular expressions over long texts", "one long text that is folded", "cross join"):
            with self.subTest(name):
                client = self.connect(timeout=300)
                client.query("SET statement_timeout = 300")
                client.send(pg_raw.message("Q", pg_raw.text(STATEMENTS[name])))
                code, seconds = self.end_of(client)
                self.assertEqual(code, "57014")
                self.assertLess(seconds, SECONDS_MAX)

    def test_a_client_that_goes_away(self):
        watcher = self.connect()
        active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leaver' AND state = 'active'"
        for name in ("regular expressions over long texts", "cross join", "recursion"):
            with self.subTest(name):
                client = self.start(STATEMENTS[name], application_name="leaver")
                self.assertTrue(wait_until(lambda: watcher.value(active) == "1"))
                client.close()
                self.assertTrue(wait_until(lambda: watcher.value(active) == "0", SECONDS_MAX))


if __name__ == "__main__":
    pg_raw.main()
