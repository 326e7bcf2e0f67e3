"""Engines that many clients ask at once: Weir as a server over the PostgreSQL protocol, DuckDB as cursors of one connection.

A service has `connect()`, whose clients have `query(sql)`, `prepare(name, sql, types)` and `execute(name, values)`, all giving rows; and
`cpu_seconds()`, what the engine has used so far.
"""
import os
import pathlib
import sys
import time

import suites

sys.path.insert(0, str(suites.HERE.parent / "tests" / "e2e"))
import pg_raw  # noqa: E402

DEFINITIONS = {False: "CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')",
               True: "CREATE TABLE {name} AS SELECT * FROM read_parquet('{file}')"}
OIDS = {"bigint": 20, "timestamp": 1114, "text": 25}


class WeirClient:
    def __init__(self, server):
        self.raw = server.connect(timeout=3600)

    def query(self, sql):
        return self.raw.query(sql)

    def prepare(self, name, sql, types):
        self.raw.send(pg_raw.parse(sql, name, [OIDS[t] for t in types]), pg_raw.sync())
        self.raw.until_ready()

    def execute(self, name, values):
        self.raw.send(pg_raw.bind([str(v) for v in values], statement=name), pg_raw.execute(), pg_raw.sync())
        return [[None if cell is None else cell.decode() for cell in pg_raw.parse_row(body)]
                for kind, body in self.raw.until_ready() if kind == "D"]

    def close(self):
        self.raw.close()


class Weir:
    def __init__(self, options, files, threads, tables):
        pg_raw.WEIR = options.weir
        self.server = pg_raw.Server("--threads", str(threads))
        client = self.connect()
        for name, file in files.items():
            client.query(DEFINITIONS[tables].format(name=name, file=file))
        client.close()

    def connect(self):
        return WeirClient(self.server)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.server.remove()


class DuckDbClient:
    def __init__(self, cursor):
        self.cursor = cursor

    def query(self, sql):
        return self.cursor.execute(sql).fetchall()

    def prepare(self, name, sql, types):
        self.count = len(types)
        self.cursor.execute(f"PREPARE {name} AS {sql}")

    def execute(self, name, values):
        return self.cursor.execute(f"EXECUTE {name}({', '.join(repr(str(v)) if isinstance(v, str) else str(v) for v in values)})").fetchall()

    def close(self):
        self.cursor.close()


class DuckDb:
    def __init__(self, _options, files, threads, tables):
        import duckdb
        self.connection = duckdb.connect()
        self.connection.execute(f"SET threads TO {threads}")
        self.connection.execute("SET parquet_metadata_cache = true")
        for name, file in files.items():
            self.connection.execute(DEFINITIONS[tables].format(name=name, file=file))

    def connect(self):
        return DuckDbClient(self.connection.cursor())

    def cpu_seconds(self):
        return time.process_time()

    def close(self):
        self.connection.close()


SERVICES = {"weir": (Weir, False), "weir-tables": (Weir, True), "duckdb": (DuckDb, False), "duckdb-tables": (DuckDb, True)}


def start(name, options, files, threads):
    make, tables = SERVICES[name]
    return make(options, files, threads, tables)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
