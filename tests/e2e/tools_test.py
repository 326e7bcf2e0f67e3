#!/usr/bin/env python3
"""Tools that look around: psql's backslash commands and SQLAlchemy's reflection. Skipped where they are missing."""
import shutil
import subprocess
import unittest

from pg_raw import ServerCase, main

try:
    import psycopg
except ImportError:
    psycopg = None
try:
    import sqlalchemy
except ImportError:
    sqlalchemy = None

# Each must answer without an error, also where there is nothing to show.
COMMANDS = [
    r"\d", r"\d+", r"\d seen", r"\d+ seen", r"\d+ shown", r"\dt", r"\dt+", r"\dt *.*", r"\dv+", r"\dm", r"\di+", r"\ds",
    r"\dE", r"\df", r"\df+", r"\da", r"\dn", r"\dn+", r"\du", r"\du+", r"\l", r"\l+", r"\dT", r"\dT+", r"\dx", r"\dx+",
    r"\dp", r"\db+", r"\dA+", r"\dAc", r"\dAf", r"\dc", r"\dC+", r"\dd", r"\dD", r"\ddp", r"\des", r"\det", r"\deu",
    r"\dew", r"\dF", r"\dFd", r"\dFp", r"\dFt", r"\dl", r"\dL", r"\do", r"\dO", r"\dP", r"\drds", r"\dRp+", r"\dRs+",
    r"\dX", r"\dy+", r"\sv shown", r"\d pg_class", r"\dS", r"\dTS", r"\dconfig", r"\dconfig+ work*",
]


class Tools(ServerCase):
    def dsn(self):
        return f"host=127.0.0.1 port={self.server.port} user=weir dbname=weir"

    @unittest.skipUnless(shutil.which("psql"), "psql is not installed")
    @unittest.skipUnless(psycopg, "python3-psycopg is not installed")
    def test_psql(self):
        with psycopg.connect(self.dsn(), autocommit=True) as db:
            db.execute("CREATE TABLE seen (a int NOT NULL, b text DEFAULT 'x')")
            db.execute("CREATE VIEW shown AS SELECT a FROM seen")
            db.execute("COMMENT ON TABLE seen IS 'a comment on it'")
            db.execute("COMMENT ON COLUMN seen.b IS 'on a column'")
        for command in COMMANDS:
            with self.subTest(command=command):
                done = subprocess.run(["psql", "-X", self.dsn(), "-c", command], capture_output=True, text=True,
                                      timeout=30)
                self.assertNotIn("ERROR", done.stderr)
                if command == r"\dt+":
                    self.assertIn("a comment on it", done.stdout)
                if command == r"\d+ seen":
                    self.assertIn("on a column", done.stdout)
                    self.assertIn("not null", done.stdout)
                if command == r"\d+ shown":
                    self.assertIn("FROM seen", done.stdout)

    @unittest.skipUnless(sqlalchemy and psycopg, "SQLAlchemy is not installed")
    def test_sqlalchemy(self):
        engine = sqlalchemy.create_engine(f"postgresql+psycopg://weir@127.0.0.1:{self.server.port}/weir")
        meta = sqlalchemy.MetaData()
        table = sqlalchemy.Table(
            "reflected", meta, sqlalchemy.Column("id", sqlalchemy.Integer, nullable=False),
            sqlalchemy.Column("name", sqlalchemy.String(20), comment="of it"), comment="a table")
        meta.create_all(engine)
        with engine.begin() as db:
            db.execute(table.insert(), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
            db.execute(table.update().where(table.c.id == 1).values(name="z"))
            db.execute(table.delete().where(table.c.id == 2))
            with db.begin_nested() as nested:
                db.execute(table.insert().values(id=3))
                nested.rollback()
            self.assertEqual(db.execute(sqlalchemy.select(table)).all(), [(1, "z")])
        with engine.connect().execution_options(stream_results=True) as db:
            self.assertEqual(db.execute(sqlalchemy.select(table)).all(), [(1, "z")])
        inspector = sqlalchemy.inspect(engine)
        self.assertIn("reflected", inspector.get_table_names())
        self.assertFalse(inspector.has_table("no_such"))
        columns = inspector.get_columns("reflected")
        self.assertEqual([(c["name"], c["nullable"], c["comment"]) for c in columns],
                         [("id", False, None), ("name", True, "of it")])
        self.assertEqual(inspector.get_table_comment("reflected"), {"text": "a table"})
        self.assertEqual(inspector.get_pk_constraint("reflected")["constrained_columns"], [])
        self.assertEqual(inspector.get_foreign_keys("reflected"), [])
        self.assertEqual(inspector.get_indexes("reflected"), [])
        again = sqlalchemy.MetaData()
        again.reflect(engine, only=["reflected"])
        self.assertEqual(list(again.tables["reflected"].columns.keys()), ["id", "name"])
        meta.drop_all(engine)
        engine.dispose()


if __name__ == "__main__":
    main()
