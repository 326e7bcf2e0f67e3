#!/usr/bin/env python3
"""What tools ask (tool_queries/*.sql, a query a paragraph) must be answered; where PostgreSQL is installed, with the columns that it
gives, and after `-- rows` with its rows."""
import pathlib
import sys
import unittest

from pg_raw import ServerCase, main

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "differential"))
import engines  # noqa: E402: beside the other tests

SETUP = """
CREATE TABLE shop (id integer NOT NULL, name text DEFAULT 'x', price numeric(10,2), at timestamptz, code varchar(20), tags text[]);
INSERT INTO shop VALUES (1, 'a', 10.50, '2024-01-01 10:00:00+00', 'one', NULL), (2, 'b', 20, '2024-01-01 10:04:00+00', NULL, '{x,y}'),
  (3, 'Ab', NULL, '2024-03-10 23:30:00+00', 'three', '{}'), (4, NULL, 99.99, NULL, 'four', NULL);
CREATE VIEW shown AS SELECT id, price FROM shop;
COMMENT ON TABLE shop IS 'what is sold';
COMMENT ON COLUMN shop.price IS 'in euro';
"""


def queries(path):
    """[(text, whether rows are compared)]"""
    for paragraph in path.read_text().split("\n\n"):
        lines = paragraph.strip().splitlines()
        text = "\n".join(line for line in lines if not line.startswith("--"))
        if text:
            yield text, "-- rows" in lines


class ToolQueries(ServerCase):
    def ask(self, client, sql):
        """(names of the columns, rows)"""
        description, rows = client.extended(sql)
        return [column[0] for column in description], rows

    def test_queries(self):
        client = self.connect()
        client.query(SETUP)
        peer = None
        if engines.postgres_bin():
            postgres = engines.Postgres()
            self.addCleanup(postgres.stop)
            peer = postgres.connect()
            self.addCleanup(peer.close)
            peer.query(SETUP)
        for path in sorted((HERE / "tool_queries").glob("*.sql")):
            for text, same_rows in queries(path):
                with self.subTest(tool=path.stem, query=text):
                    names, rows = self.ask(client, text)
                    if peer is None:
                        continue
                    expected, expected_rows = self.ask(peer, text)
                    self.assertEqual([name for name in expected if name not in names], [], "columns are missing")
                    if same_rows:
                        self.assertEqual(names, expected)
                        self.assertEqual(rows, expected_rows)


if __name__ == "__main__":
    main()
