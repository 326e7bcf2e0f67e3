#!/usr/bin/env python3
"""Many clients change the same rows while files are flushed and compacted beneath them: a statement that is a transaction by itself
is done exactly once and never answers that another commit came in between.
usage: concurrent_changes_test.py BINARY [unittest arguments]"""
import os
import sys
import threading
import unittest

from pg_raw import ServerCase, ServerError, main

ROUNDS = 6 if os.environ.get("WEIR_SLOW_BUILD") else 25
CLIENTS = 4


class ConcurrentChanges(ServerCase):
    def setUp(self):
        self.failures = []
        self.stop = threading.Event()
        self.admin = self.connect()
        self.admin.query("DROP TABLE IF EXISTS counters")
        self.admin.query("CREATE TABLE counters (id int, n int)")
        self.admin.query("INSERT INTO counters SELECT i, 0 FROM generate_series(1, 100) t(i)")

    def guarded(self, work, *arguments):
        try:
            with self.server.connect(timeout=120) as client:
                work(client, *arguments)
        except (ServerError, ConnectionError, AssertionError) as error:
            self.failures.append(str(error))

    def tidy(self, client):
        """What happens in the background now and then, all the time."""
        while not self.stop.is_set():
            client.query("VACUUM")

    def run_clients(self, *works):
        tidier = threading.Thread(target=self.guarded, args=(self.tidy,))
        threads = [threading.Thread(target=self.guarded, args=(work, number)) for number, work in enumerate(works)]
        for thread in (tidier, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        self.stop.set()
        tidier.join()
        self.assertEqual(self.failures, [])

    def test_updates(self):
        def work(client, number):
            for i in range(ROUNDS):
                sql = "UPDATE counters SET n = n + 1 WHERE id <= 50"
                if (number + i) % 2 == 0:
                    client.query(sql)
                else:
                    client.extended(sql)
        self.run_clients(*[work] * CLIENTS)
        self.assertEqual(self.admin.query("SELECT count(*), min(n) FILTER (WHERE id <= 50), max(n), sum(n) FROM counters"),
                         [["100", str(CLIENTS * ROUNDS), str(CLIENTS * ROUNDS), str(50 * CLIENTS * ROUNDS)]])

    def test_returning(self):
        seen = []

        def work(client, _):
            for _ in range(ROUNDS):
                rows = client.query("UPDATE counters SET n = n + 1 WHERE id = 7 RETURNING n")
                seen.append(int(rows[0][0]))
        self.run_clients(*[work] * CLIENTS)
        # Each saw the value that it made, and nobody else made that one.
        self.assertEqual(sorted(seen), list(range(1, CLIENTS * ROUNDS + 1)))

    def test_merges(self):
        def work(client, number):
            for i in range(ROUNDS):
                key = 1000 + (number * ROUNDS + i) % 10
                client.query(f"MERGE INTO counters c USING (SELECT {key} AS id) s ON c.id = s.id "
                             "WHEN MATCHED THEN UPDATE SET n = n + 1 WHEN NOT MATCHED THEN INSERT VALUES (s.id, 1)")
        # One writer of a key at a time: two that both find no row both insert it, as there are no unique keys.
        self.run_clients(work)
        self.assertEqual(self.admin.query("SELECT count(*), sum(n) FROM counters WHERE id >= 1000"), [[str(min(10, ROUNDS)), str(ROUNDS)]])

    def test_deletes(self):
        def work(client, number):
            for i in range(number + 1, 101, CLIENTS):
                client.query(f"DELETE FROM counters WHERE id = {i}")
        self.run_clients(*[work] * CLIENTS)
        self.assertEqual(self.admin.query("SELECT count(*) FROM counters"), [["0"]])

    def test_blocks_still_fail(self):
        """What a client has seen inside a block cannot be done again behind its back."""
        other = self.connect()
        other.query("BEGIN")
        other.query("UPDATE counters SET n = 5 WHERE id = 1")
        self.admin.query("UPDATE counters SET n = 6 WHERE id = 1")
        self.assert_error("40001", other.query, "COMMIT")
        self.assertEqual(self.admin.value("SELECT n FROM counters WHERE id = 1"), "6")


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
