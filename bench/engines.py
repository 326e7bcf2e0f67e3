"""The engines that are measured side by side. Each runs in processes of its own, so that peak memory is its own too.

An engine has `run(sql, runs)`, which gives the rows of the statement and the milliseconds of each of `runs` executions after a first one
that is not counted; with `cold` each execution is the first of a new process, after the system has dropped the files from its cache.
"""
import csv
import dataclasses
import datetime
import decimal
import io
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import tempfile
import time

from suites import evict

TIMEOUT_S = 600


@dataclasses.dataclass
class Run:
    rows: list
    times: list   # ms
    peak: int     # bytes, of the process


class Engine:
    def __init__(self, options, files, threads, folder):
        self.options, self.files, self.threads = options, files, threads
        self.folder = pathlib.Path(folder)   # for tables of its own
        self.prepare()

    def prepare(self):
        pass

    def data(self):
        """What a cold run must read from disk."""
        return list(self.files.values())

    def run(self, sql, runs):
        if not self.options.cold:
            return self.execute(sql, 1, runs)
        times, last = [], None
        for _ in range(runs):
            for path in self.data():
                evict(path)
            last = self.execute(sql, 0, 1)
            times += last.times
        return Run(last.rows, times, last.peak)

    def close(self):
        pass


class Weir(Engine):
    """One `weir local` process a query, timed inside, over views of the files."""
    definition = "CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')"
    afterwards = []

    def prepare(self):
        if self.folder.exists():
            return
        args = [self.options.weir, "local", "--data-dir", str(self.folder)]
        for name, file in self.files.items():
            args += ["-c", self.definition.format(name=name, file=file)]
        subprocess.run(args + self.afterwards, check=True, stdout=subprocess.DEVNULL)

    def execute(self, sql, warmups, runs):
        args = [self.options.weir, "local", "--data-dir", str(self.folder), "--threads", str(self.threads), "--format", "csv", "--timing"]
        for _ in range(warmups + runs):
            args += ["-c", sql]
        if self.options.weir_options:
            args += self.options.weir_options.split()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            # Answers of the run before are not what is measured; bench/dashboards.py is for that.
            process = subprocess.Popen(args, stdout=out, stderr=err, env={**os.environ, "WEIR_QUERY_CACHE": "0"})
            deadline = time.monotonic() + TIMEOUT_S
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid != 0:
                    break
                if time.monotonic() > deadline:
                    process.kill()
                    os.wait4(process.pid, 0)
                    raise RuntimeError(f"no end within {TIMEOUT_S} s")
                time.sleep(0.002)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode != 0:
                raise RuntimeError(err.read().strip() or f"exit {process.returncode}")
            pieces = re.split(r"^Time: ([0-9.]+) ms$", out.read(), flags=re.M)
        # An empty line is a row of one NULL.
        rows = [row or [""] for row in csv.reader(io.StringIO(pieces[0]))][1:]
        return Run(rows, [float(t) for t in pieces[1::2]][warmups:], usage.ru_maxrss * 1024)


class WeirTables(Weir):
    definition = "CREATE TABLE {name} AS SELECT * FROM read_parquet('{file}')"
    afterwards = ["-c", "ANALYZE"]   # as a server does by itself

    def data(self):
        return [self.folder]


# ---- engines that are Python packages, each in a process that answers one request after the other


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024


def serve(make, pipe):
    execute = make()
    while True:
        request = pipe.recv()
        if request is None:
            return
        sql, warmups, runs = request
        pathlib.Path("/proc/self/clear_refs").write_text("5")   # the peak begins anew
        times, rows = [], None
        try:
            for _ in range(warmups + runs):
                start = time.perf_counter()
                rows = execute(sql)
                times.append((time.perf_counter() - start) * 1000)
            pipe.send(Run(rows, times[warmups:], peak_bytes()))
        except Exception as error:  # noqa: BLE001: reported in the table
            pipe.send(RuntimeError(str(error)))


class PythonEngine(Engine):
    process = None

    def start(self):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(self.maker(), theirs), daemon=True)
        self.process.start()

    def execute(self, sql, warmups, runs):
        if self.process is None or self.options.cold:
            self.close()
            self.start()
        self.pipe.send((sql, warmups, runs))
        if not self.pipe.poll(TIMEOUT_S):
            self.process.kill()
            self.process = None
            raise RuntimeError(f"no end within {TIMEOUT_S} s")
        try:
            answer = self.pipe.recv()
        except EOFError as end:
            self.process = None
            raise RuntimeError("the process ended") from end
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        if self.process is None:
            return
        self.pipe.send(None)
        self.process.join(10)
        self.process.kill()
        self.process = None


@dataclasses.dataclass
class DuckDbMaker:
    files: dict
    threads: int
    database: str   # of tables; empty: views of the files

    def __call__(self):
        import duckdb
        connection = duckdb.connect(self.database or ":memory:", read_only=bool(self.database))
        connection.execute(f"set threads to {self.threads}")
        connection.execute("set parquet_metadata_cache = true")
        for name, file in {} if self.database else self.files.items():
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")
        return lambda sql: connection.execute(sql).fetchall()


class DuckDb(PythonEngine):
    def maker(self):
        return DuckDbMaker({name: str(file) for name, file in self.files.items()}, self.threads, "")


def load_duckdb(database, files):
    import duckdb
    with duckdb.connect(database) as connection:
        for name, file in files.items():
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{file}')")
        connection.execute("ANALYZE")


class DuckDbTables(PythonEngine):
    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = self.folder / "tables.duckdb"
        if self.database.exists():
            return
        # Not here: a child's peak memory begins with what its parent has.
        process = multiprocessing.get_context("spawn").Process(target=load_duckdb, args=(str(self.database), self.files))
        process.start()
        process.join()

    def maker(self):
        return DuckDbMaker({}, self.threads, str(self.database))

    def data(self):
        return [self.database]


@dataclasses.dataclass
class ClickHouseMaker:
    files: dict
    threads: int

    def __call__(self):
        from chdb import session
        clickhouse = session.Session()
        clickhouse.query("CREATE DATABASE suite ENGINE = Atomic")
        clickhouse.query("USE suite")
        # What the SQL standard says of outer joins, UNION and empty sums.
        settings = {"max_threads": self.threads, "join_use_nulls": 1, "union_default_mode": "'DISTINCT'", "aggregate_functions_null_for_empty": 1,
                    "data_type_default_nullable": 1, "output_format_json_quote_64bit_integers": 0, "output_format_json_quote_decimals": 0,
                    "input_format_parquet_enable_json_parsing": 0}
        for name, value in settings.items():
            clickhouse.query(f"SET {name} = {value}")
        for name, file in self.files.items():
            clickhouse.query(f"CREATE VIEW {name} AS SELECT * FROM file('{file}', Parquet)")

        def execute(sql):
            text = str(clickhouse.query(sql, "JSONCompactEachRow"))
            return [json.loads(line, parse_float=decimal.Decimal) for line in text.splitlines()]
        return execute


class ClickHouse(PythonEngine):
    def maker(self):
        return ClickHouseMaker({name: str(file) for name, file in self.files.items()}, self.threads)


ENGINES = {"weir": Weir, "weir-tables": WeirTables, "duckdb": DuckDb, "duckdb-tables": DuckDbTables, "clickhouse": ClickHouse}
# Which ratios are shown, where both are measured.
PAIRS = [("weir", "duckdb"), ("weir", "clickhouse"), ("weir-tables", "duckdb-tables")]


# ---- comparing answers


def same(a, b):
    """Whether values of two engines are one: texts of one may be numbers of the other."""
    if a in ("", None) or b in ("", None):
        return a in ("", None) and b in ("", None)
    if isinstance(a, bool) or isinstance(b, bool):
        return str(a).lower()[0] == str(b).lower()[0]
    if str(a) == str(b):
        return True
    if isinstance(a, datetime.datetime) or isinstance(b, datetime.datetime):
        return str(a).split(".")[0] == str(b).split(".")[0]
    numbers = (int, float, decimal.Decimal)
    # Weir's are texts, of which two may be sums that were added up in another order.
    if isinstance(a, numbers) or isinstance(b, numbers) or "." in str(a):
        try:
            x, y = float(a), float(b)
        except (ValueError, TypeError):
            return False
        return abs(x - y) <= 1e-6 * max(1.0, abs(x), abs(y))
    return False


def same_rows(left, right):
    return len(left) == len(right) and all(len(x) == len(y) and all(map(same, x, y)) for x, y in zip(left, right))
