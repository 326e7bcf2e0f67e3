#!/usr/bin/env python3
"""`weir sql` and the other commands as people and scripts use them."""
import csv
import io
import json
import os
import pty
import select
import signal
import subprocess
import tempfile
import time
import unittest

import pg_raw
from pg_raw import ServerCase, main, run_weir

LONG_QUERY = "SELECT count(*) FROM generate_series(1, 1000000) AS a(x), generate_series(1, 1000000) AS b(y) " \
             "WHERE (x + y) % 7 = 3"


class Shell(ServerCase):
    def sql(self, *arguments, **options):
        return run_weir("sql", "--port", str(self.server.port), *arguments, **options)

    def fine(self, *arguments, **options):
        done = self.sql(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_commands(self):
        self.assertEqual(self.fine("-c", "SELECT 1 AS one, 'x' AS letter"),
                         " one | letter \n-----+--------\n   1 | x\n(1 row)\n\n")
        self.assertEqual(self.fine("--format", "csv", "-c", "SELECT 1 AS n", "-c", "SELECT 2 AS n"), "n\n1\nn\n2\n")

    def test_formats(self):
        query = "SELECT 1 AS n, 'a,\"b\"\nč' AS t, NULL AS nothing, '' AS empty, true AS yes, 1.50 AS d"
        rows = list(csv.reader(io.StringIO(self.fine("--format", "csv", "-c", query))))
        self.assertEqual(rows, [["n", "t", "nothing", "empty", "yes", "d"], ["1", 'a,"b"\nč', "", "", "t", "1.50"]])
        self.assertEqual(json.loads(self.fine("--format", "json", "-c", query)),
                         [{"n": 1, "t": 'a,"b"\nč', "nothing": None, "empty": "", "yes": True, "d": 1.5}])
        self.assertEqual(json.loads(self.fine("--format", "json", "-c", "SELECT 1 AS n WHERE false")), [])
        self.assertIn("| n", self.fine("--format", "md", "-c", query))
        done = self.sql("--format", "xml", "-c", "SELECT 1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("table, csv, json or md", done.stderr)

    def test_piped_input(self):
        script = """
            -- a comment; with a semicolon
            CREATE TABLE piped (a int, b text);
            INSERT INTO piped VALUES (1, 'one; two'), (2, $$three; 'four'$$), (3, $x$ $$ ; $x$), (4, E'it\\'s; "');
            /* a /* nested; */ comment; */ SELECT a, "b" FROM piped ORDER BY a;
            \\format csv
            SELECT count(*) AS "n;" FROM piped
        """
        output = self.fine(stdin=script)
        self.assertIn("INSERT 0 4", output)
        self.assertIn("one; two", output)
        self.assertTrue(output.endswith("n;\n4\n"), output)
        self.assertEqual(self.fine("-f", "-", "--format", "csv", stdin="SELECT 1 AS n;;\n;"), "n\n1\n")
        self.assertEqual(self.fine(stdin=""), "")
        self.assertEqual(self.fine(stdin="-- nothing\n"), "")

    def test_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write("SELECT 'from a file' AS t;\n\\q\nSELECT 'never'")
            file.flush()
            output = self.fine("-f", file.name)
            self.assertIn("from a file", output)
            self.assertNotIn("never", output)
        done = self.sql("-f", "/nosuch.sql")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nosuch.sql: No such file", done.stderr)

    def test_errors(self):
        done = self.sql("-c", "SELECT 1,\n  nosuch", "-c", "SELECT 'never'")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn('column "nosuch" does not exist', done.stderr)
        lines = done.stderr.rstrip().split("\n")
        self.assertEqual(lines[-1].index("^"), lines[-2].index("nosuch"), done.stderr)
        done = self.sql(stdin="SELECT 'first' AS a;\nSELECT 1/0;\nSELECT 'never' AS b;\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("first", done.stdout)
        self.assertNotIn("never", done.stdout)
        self.assertIn("division by zero", done.stderr)
        done = self.sql(stdin="SELECT 'unfinished")
        self.assertEqual(done.returncode, 1)
        self.assertIn("42601", done.stderr)
        # A statement that fails takes the rest of its transaction along.
        done = self.sql("-c", "BEGIN; CREATE TABLE never_made (a int); SELECT 1/0; COMMIT")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("never_made", self.fine("-c", "\\dt"))
        done = run_weir("sql", "--port", "1", "-c", "SELECT 1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("weir server", done.stderr)
        self.assertIn("--port", done.stderr)

    def test_backslash_commands(self):
        self.fine("-c", "CREATE TABLE IF NOT EXISTS shown (id bigint NOT NULL, name text)")
        self.assertIn("shown", self.fine("-c", "\\dt"))
        self.assertIn("shown", self.fine("-c", "\\d"))
        self.assertIn("weir", self.fine("-c", "\\l"))
        output = self.fine("-c", "\\d shown")
        for part in ("id", "bigint", "name", "text"):
            self.assertIn(part, output)
        self.assertIn("date_trunc", self.fine("-c", "\\df date_tr"))
        self.assertIn("\\dt", self.fine("-c", "\\?"))
        done = self.sql("-c", "\\d nosuch")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nosuch", done.stderr)
        done = self.sql("-c", "\\nosuch")
        self.assertEqual(done.returncode, 1)
        self.assertIn("\\nosuch", done.stderr)
        self.assertEqual(self.fine(stdin="\\q\nSELECT 1;"), "")
        self.assertIn("Time:", self.fine(stdin="\\timing on\nSELECT 1;"))

    def test_environment(self):
        env = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(self.server.port), "PGUSER": "someone",
               "PGDATABASE": "weir"}
        done = run_weir("sql", "--format", "csv", "-c", "SELECT current_user AS u", env=env)
        self.assertEqual((done.returncode, done.stdout), (0, "u\nsomeone\n"), done.stderr)

    def test_notices_go_to_standard_error(self):
        done = self.sql("--format", "csv", "-c", "DROP TABLE IF EXISTS never_there")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("NOTICE", done.stderr)

    def test_ctrl_c(self):
        process = subprocess.Popen([pg_raw.WEIR, "sql", "--port", str(self.server.port), "-c", LONG_QUERY, "-c",
                                    "SELECT 'never'"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Not before it runs: a signal that comes while the program starts ends it.
        running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query NOT LIKE '%pg_stat_activity%'"
        until = time.monotonic() + 30
        while time.monotonic() < until and self.fine("--format", "csv", "-c", running).endswith("\n0\n"):
            time.sleep(0.05)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual((process.returncode, output), (1, ""))
        self.assertIn("user request", errors)

    def test_interactive(self):
        parent, child = pty.openpty()
        process = subprocess.Popen([pg_raw.WEIR, "sql", "--port", str(self.server.port)], stdin=child, stdout=child,
                                   stderr=child, env={**os.environ, "HOME": "/nonexistent", "TERM": "dumb"},
                                   start_new_session=True)
        os.close(child)
        self.addCleanup(process.kill)
        seen = ""

        def expect(what, seconds=10):
            nonlocal seen
            end = time.monotonic() + seconds
            while what not in seen:
                self.assertGreater(end, time.monotonic(), f"{what!r} did not come: {seen!r}")
                if select.select([parent], [], [], 0.1)[0]:
                    seen += os.read(parent, 65536).decode(errors="replace")
            seen = seen.split(what, 1)[1]
        expect("=> ")
        os.write(parent, b"SELECT 40 +\n")
        expect("-> ")
        os.write(parent, b"2 AS answer;\n")
        expect("42")
        os.write(parent, b"SELECT nosuch;\n")
        expect("does not exist")
        os.write(parent, LONG_QUERY.encode() + b";\n")
        expect("running 1.")
        process.send_signal(signal.SIGINT)
        expect("user request")
        os.write(parent, b"SELECT 'still' || ' here';\n")
        expect("still here")
        os.write(parent, b"\\q\n")
        self.assertEqual(process.wait(timeout=10), 0)
        os.close(parent)


class Help(unittest.TestCase):
    def test_help_of_every_command(self):
        done = run_weir("--help")
        self.assertEqual(done.returncode, 0)
        commands = [line.split()[0] for line in done.stdout.split("\n")[2:] if line.startswith("  ")]
        self.assertLessEqual({"server", "sql", "local", "load", "collect", "version"}, set(commands))
        for command in commands:
            if command == "help":
                continue
            with self.subTest(command=command):
                done = run_weir(command, "--help")  # what it is for, and its options
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"weir {command}", done.stdout)
                for line in done.stdout.split("\n"):
                    self.assertLessEqual(len(line.rstrip()), 160, line)

    def test_wrong_commands(self):
        done = run_weir()
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage: weir", done.stderr)
        done = run_weir("nosuch")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nosuch", done.stderr)
        for command in ("server", "sql", "local", "version"):
            done = run_weir(command, "--nosuch")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("--nosuch", done.stderr)

    def test_version(self):
        done = run_weir("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    main()
