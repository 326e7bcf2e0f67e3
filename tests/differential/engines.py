"""The engines that are compared: a Weir server, a PostgreSQL cluster of its own, and DuckDB as a third opinion."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import pg_raw  # noqa: E402
from pg_raw import RawClient, ServerError  # noqa: E402


def postgres_bin():
    """The folder of the newest PostgreSQL server programs, or None."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return pathlib.Path(initdb).parent if initdb else None


class Postgres:
    """A cluster in a scratch folder, started as an ordinary user (PostgreSQL refuses root)."""

    user, database = "diff", "postgres"

    def __init__(self):
        programs = postgres_bin()
        self.folder = tempfile.mkdtemp(prefix="weir-differential-pg-")
        self.process = None
        options = {}
        if os.geteuid() == 0:
            name = "postgres" if any(p.pw_name == "postgres" for p in pwd.getpwall()) else "nobody"
            account = pwd.getpwnam(name)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data = os.path.join(self.folder, "data")
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PGTZ": "UTC"}
        try:
            subprocess.run([programs / "initdb", "-D", data, "-U", self.user, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                            "--lc-collate=C", "--no-sync"], check=True, capture_output=True, cwd=self.folder, env=environment, **options)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            self.process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c",
                 f"unix_socket_directories={self.folder}", "-c", "fsync=off", "-c", "jit=off", "-c", "timezone=UTC",
                 "-c", "max_parallel_workers_per_gather=0", "-c", "autovacuum=off"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, env=environment, **options)
            for _ in range(200):
                try:
                    self.connect().close()
                    return
                except (OSError, ServerError):
                    time.sleep(0.05)
            raise RuntimeError("PostgreSQL did not start")
        except BaseException:
            self.stop()
            raise

    def connect(self, timeout=60):
        return RawClient(self.port, user=self.user, database=self.database, timeout=timeout)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(2)  # fast shutdown
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Weir:
    def __init__(self, binary, arguments=()):
        pg_raw.WEIR = os.path.abspath(binary)
        self.arguments = arguments
        self.server = pg_raw.Server(*arguments)

    def connect(self, timeout=60):
        return self.server.connect(timeout=timeout)

    def alive(self):
        return self.server.process.poll() is None

    def stop(self):
        self.server.remove()


class Outcome:
    """What a statement did: `rows` and type `oids`, or `error` with its SQLSTATE, or `lost` when the connection went away."""

    def __init__(self, rows=None, oids=None, error=None, message="", lost=None):
        self.rows, self.oids, self.error, self.message, self.lost = rows, oids, error, message, lost

    def __str__(self):
        if self.lost:
            return f"no answer: {self.lost}"
        if self.error:
            return f"{self.error}: {self.message}"
        shown = ["  " + "\t".join("NULL" if cell is None else cell or "(empty)" for cell in row) for row in self.rows[:12]]
        return "\n".join([f"{len(self.rows)} rows"] + shown)


class Session:
    """A connection that comes back after it was lost."""

    def __init__(self, engine, setup=()):
        self.engine, self.setup, self.client = engine, list(setup), None

    def run(self, sql):
        try:
            if self.client is None:
                self.client = self.engine.connect()
                for statement in self.setup:
                    self.client.query(statement)
            self.client.send(pg_raw.message("Q", pg_raw.text(sql)))
            rows, oids = [], []
            for kind, body in self.client.until_ready():
                if kind == "D":
                    rows.append([None if cell is None else cell.decode() for cell in pg_raw.parse_row(body)])
                elif kind == "T":
                    oids = [column[1] for column in pg_raw.parse_description(body)]
            return Outcome(rows, oids)
        except ServerError as error:
            if sql.startswith("BEGIN"):
                self.run("ROLLBACK")
            return Outcome(error=error.code, message=error.message)
        except OSError as error:
            self.close()
            return Outcome(lost=f"{type(error).__name__} {error}")

    def close(self):
        if self.client is not None:
            self.client.close()
            self.client = None


class DuckDb:
    """Only asked about queries on which the other two disagree: its dialect differs too much for more."""

    def __init__(self):
        import duckdb
        self.module, self.connection = duckdb, duckdb.connect()

    def run(self, sql):
        try:
            rows = self.connection.execute(sql).fetchall()
            return Outcome([[None if cell is None else str(cell) for cell in row] for row in rows], [])
        except self.module.Error as error:
            return Outcome(error="duckdb", message=str(error).splitlines()[0])
