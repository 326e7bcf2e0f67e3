#!/usr/bin/env python3
"""Tools that look around: psql's backslash commands and SQLAlchemy's reflection. Skipped where they are missing."""
import os
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

# Every command that lists things, plain, with +, with S and with both, for all, for a pattern, and for one with a schema.
LISTS = """d da dA dAc dAf dAo dAp db dc dC dconfig dd dD ddp dE des det deu dew df dfa dfn dfp dft dfw dF dFd dFp dFt dg di dL dm dn
do dO dp dP dPi dPt dPn drds dRp dRs ds dt dT du dv dx dX dy l z dtvmsE""".split()
PATTERNS = ["", " *", " pg*", " pg_catalog.pg_c*"]
OTHERS = [
    r"\dvS pg*", r"\d seen", r"\d+ seen", r"\d shown", r"\d+ shown", r"\sv shown", r"\sv+ shown", r"\df count", r"\df lower text", r"\do +",
    r"\do = integer integer", r"\dT int*", r"\dconfig work_mem", r"\dAc btree int*", r"\dAf btree", r"\dAo btree", r"\dAp btree",
    r"\dAo+ hash float_ops", r"\dAp+ btree", r"\drds weir", r"\drds * *", r"\dg weir", r"\dp seen", r"\z public.*", r"\l weir", r"\dl",
    r"\lo_list", r"\lo_list+", r"\encoding", r"\conninfo", r"\dconfig+ *path*", r"\dt *.*", r"\d *.*", "SELECT 1 AS a, 'x' AS b \\gdesc",
    "SELECT a, b, count(*) FROM seen GROUP BY 1, 2 \\crosstabview", "SELECT 'SELECT 1' \\gexec",
    "SELECT 1 AS one \\gset", r"\timing", r"\sf lower", r"\sf+ lower", r"\df+ lower", r"\da+ count",
]
# What completion of names asks for, in psql's manner.
COMPLETIONS = [
    "SELECT c.relname, NULL::text FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 'se%' AND "
    "pg_catalog.pg_table_is_visible(c.oid) UNION ALL SELECT NULL::text, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE 'se%' "
    "LIMIT 1000",
    "SELECT a.attname FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c WHERE c.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attname LIKE '%' AND c.relname = 'seen' AND pg_catalog.pg_table_is_visible(c.oid) LIMIT 1000",
    "SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings WHERE pg_catalog.lower(name) LIKE pg_catalog.lower('ti%') LIMIT 1000",
    "SELECT p.proname, NULL::text FROM pg_catalog.pg_proc p WHERE p.prokind IN ('f', 'w') AND p.proname LIKE 'lo%' AND "
    "pg_catalog.pg_function_is_visible(p.oid) LIMIT 1000",
    "SELECT pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.pg_type t WHERE (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM "
    "pg_catalog.pg_class c WHERE c.oid = t.typrelid)) AND t.typname !~ '^_' AND pg_catalog.pg_type_is_visible(t.oid) LIMIT 1000",
    "SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 'we%' LIMIT 1000",
    "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname LIKE 'we%' LIMIT 1000",
    "SELECT pg_catalog.quote_ident(label) FROM (SELECT e.enumlabel AS label FROM pg_catalog.pg_enum e) ss LIMIT 10",
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
        # Sanitizers make each of them slow.
        slow = bool(os.environ.get("WEIR_SLOW_BUILD"))
        flagged, patterns = (("", "+"), PATTERNS[:1]) if slow else (("", "+", "S", "S+"), PATTERNS)
        others = [command for command in OTHERS if not (slow and "*.*" in command)]
        commands = [f"\\{name}{flags}{pattern}" for name in LISTS for flags in flagged for pattern in patterns]
        script = "".join(f"\\echo ### {command.replace(chr(92), '/')}\n{command}\n"
                         for command in [*commands, *others, *(f"{query};" for query in COMPLETIONS)])
        done = subprocess.run(["psql", "-X", self.dsn()], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=500)
        answers = dict(part.split("\n", 1) for part in done.stdout.split("### ")[1:])
        for command, answer in answers.items():
            with self.subTest(command=command):
                self.assertNotRegex(answer, r"(?m)^(psql:\S+ )?ERROR:")
        self.assertIn("a comment on it", answers["/dt+"])
        self.assertIn("on a column", answers["/d+ seen"])
        self.assertIn("not null", answers["/d+ seen"])
        self.assertIn("FROM seen", answers["/d+ shown"])
        self.assertIn("pg_roles", answers["/dvS pg*"])
        self.assertIn("4MB", answers["/dconfig work_mem"])

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
