#!/usr/bin/env python3
"""Drivers of other languages, each with a program of its own beside this one, against a server. What is not installed is skipped;
with WEIR_COMPAT_FETCH=1 the package managers may download.
usage: drivers_test.py BINARY [unittest arguments]"""
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from pg_raw import ServerCase, main  # noqa: E402: beside the other tests

FETCH = os.environ.get("WEIR_COMPAT_FETCH") == "1"
BUILD = pathlib.Path(os.environ.get("WEIR_COMPAT_BUILD", pathlib.Path.cwd() / "build" / "compat")).resolve()


def run(*command, timeout=240, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout, **options)


def copy_of(name):
    """A driver's program where it may be built without touching the sources."""
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(HERE / name, folder, dirs_exist_ok=True)
    return folder


class Drivers(ServerCase):
    def passes(self, done):
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-4000:])

    def need(self, program):
        found = shutil.which(program)
        if found is None:
            self.skipTest(f"{program} is not installed")
        return found

    def test_jdbc(self):
        java = self.need("java")
        jars = [os.environ.get("PGJDBC_JAR", ""), *sorted(glob.glob(os.path.expanduser(
            "~/.m2/repository/org/postgresql/postgresql/*/postgresql-*.jar")), reverse=True), "/usr/share/java/postgresql.jar"]
        jar = next((jar for jar in jars if jar and os.path.exists(jar)), None)
        if jar is None and FETCH and shutil.which("mvn"):
            run("mvn", "-q", "dependency:get", "-Dartifact=org.postgresql:postgresql:42.7.4")
            jar = next(iter(glob.glob(os.path.expanduser("~/.m2/repository/org/postgresql/postgresql/*/postgresql-*.jar"))), None)
        if jar is None:
            self.skipTest("the PostgreSQL JDBC driver is not there")
        url = f"jdbc:postgresql://127.0.0.1:{self.server.port}/weir?user=weir"
        self.passes(run(java, "-cp", jar, HERE / "jdbc" / "Smoke.java", url))

    def test_asyncpg(self):
        python = os.environ.get("WEIR_COMPAT_PYTHON", sys.executable)
        if run(python, "-c", "import asyncpg").returncode != 0:
            self.skipTest("asyncpg is not installed")
        self.passes(run(python, HERE / "python" / "asyncpg_smoke.py", "127.0.0.1", self.server.port, "weir", "weir"))

    def test_go(self):
        go = self.need("go")
        folder = copy_of("go")
        environment = os.environ | ({} if FETCH else {"GOPROXY": "off", "GOFLAGS": "-mod=mod"})
        built = run(go, "build", "-o", "smoke", ".", cwd=folder, env=environment)
        if built.returncode != 0 and not FETCH:
            self.skipTest("pgx and lib/pq are not in the module cache")
        self.passes(built)
        self.passes(run(folder / "smoke", f"postgres://weir@127.0.0.1:{self.server.port}/weir?sslmode=disable"))

    def test_node(self):
        node = self.need("node")
        folder = copy_of("node")
        if FETCH and shutil.which("npm") and not (folder / "node_modules").exists():
            run("npm", "install", "--silent", cwd=folder)
        if run(node, "-e", "require('pg'); require('pg-cursor'); require('pg-copy-streams')", cwd=folder).returncode != 0:
            self.skipTest("pg, pg-cursor and pg-copy-streams are not installed")
        self.passes(run(node, "smoke.js", "127.0.0.1", self.server.port, "weir", "weir", cwd=folder))

    def test_rust(self):
        cargo = self.need("cargo")
        folder = copy_of("rust")
        built = run(cargo, "build", *([] if FETCH else ["--offline"]), cwd=folder, timeout=900)
        if built.returncode != 0 and not FETCH:
            self.skipTest("tokio-postgres is not in cargo's registry cache")
        self.passes(built)
        self.passes(run(folder / "target" / "debug" / "smoke", f"host=127.0.0.1 port={self.server.port} user=weir dbname=weir"))

    def test_dbt(self):
        dbt = os.environ.get("WEIR_DBT") or shutil.which("dbt")
        if dbt is None:
            self.skipTest("dbt is not installed")
        with tempfile.TemporaryDirectory() as scratch:
            project = pathlib.Path(scratch) / "project"
            shutil.copytree(HERE / "dbt", project)
            environment = os.environ | {"COMPAT_HOST": "127.0.0.1", "COMPAT_PORT": str(self.server.port), "COMPAT_USER": "weir",
                                        "COMPAT_PASSWORD": "none", "COMPAT_DATABASE": "weir"}
            for command in (["debug"], ["seed"], ["run"], ["run", "--vars", "{run: 2}"], ["test"], ["snapshot"], ["snapshot"],
                            ["docs", "generate"], ["seed", "--full-refresh"], ["run", "--full-refresh"]):
                with self.subTest(command=" ".join(command)):
                    self.passes(run(dbt, "--no-use-colors", *command, "--profiles-dir", ".", cwd=project, env=environment))
            client = self.connect()
            self.assertEqual(client.query("SELECT country, revenue FROM dbt_shop.revenue ORDER BY 1, 2"),
                             [["CZ", "30.50"], ["unknown", "100.00"]])


if __name__ == "__main__":
    main()
