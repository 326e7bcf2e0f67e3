#!/usr/bin/env python3
"""Bad days, end to end: a full disk, folders that cannot be used, ports in use, damaged files, SIGTERM under load.
Each is one clear error that says what to do; nothing is half done, and nothing that was acknowledged is lost."""
import errno
import glob
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from pg_raw import RawClient, Server, ServerError, main, message, run_weir, text, wait_until

NOBODY = 65534


def start_and_fail(*arguments, **options):
    for port in ("--pg-port", "--http-port", "--otlp-http-port"):
        if port not in arguments:
            arguments += (port, "0")
    return run_weir("server", *arguments, **options)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-bad-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = os.path.join(self.folder, "data")

    def server(self, *arguments, **options):
        server = Server(*arguments, data_dir=self.data, **options)
        self.addCleanup(server.remove)
        return server

    def assert_one_error(self, done, *parts, hint=True):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("weir ready", done.stdout)
        lines = done.stderr.strip().split("\n")
        self.assertTrue(lines[0].startswith("weir server: ERROR "), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        if hint:
            self.assertEqual(len(lines), 2, done.stderr)
            self.assertTrue(lines[1].startswith("HINT: "), done.stderr)


class StartUp(Folder):
    def test_read_only_folder(self):
        preexec = None
        if os.geteuid() == 0:
            preexec = lambda: (os.setgroups([]), os.setuid(NOBODY))
        os.mkdir(self.data, 0o555)
        done = start_and_fail("--data-dir", self.data, preexec_fn=preexec)
        self.assert_one_error(done, "data folder cannot be written to", self.data, "--data-dir")
        # One that was written before.
        os.chmod(self.data, 0o755)
        self.server().terminate()
        for root, folders, files in os.walk(self.data):
            os.chmod(root, 0o555)
            for name in files:
                os.chmod(os.path.join(root, name), 0o444)
        done = start_and_fail("--data-dir", self.data, preexec_fn=preexec)
        self.assert_one_error(done, "cannot be written to", self.data)

    def test_no_folder_at_all(self):
        with open(self.data, "w") as file:
            file.write("a file")
        self.assert_one_error(start_and_fail("--data-dir", self.data), self.data, "--data-dir")
        self.assert_one_error(start_and_fail("--data-dir", "/proc/nowhere"), "/proc/nowhere")

    def test_ports_in_use(self):
        server = self.server()
        other = os.path.join(self.folder, "other")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            for option, port in (("--pg-port", server.port), ("--http-port", server.http_port),
                                 ("--otlp-http-port", server.http_port), ("--pg-port", taken.getsockname()[1]),
                                 ("--http-port", taken.getsockname()[1])):
                with self.subTest(option=option):
                    done = start_and_fail("--data-dir", other, option, str(port))
                    self.assert_one_error(done, "Address already in use", f"127.0.0.1:{port}", option)
        with server.connect() as client:
            self.assertEqual(client.value("SELECT 1"), "1")
        # A port is free again at once.
        server.terminate()
        again = self.server("--pg-port", str(server.port))
        self.assertEqual(again.port, server.port)

    def test_addresses(self):
        self.assert_one_error(start_and_fail("--data-dir", self.data, "--listen", "192.0.2.1"), "192.0.2.1")
        done = start_and_fail("--data-dir", self.data, "--listen", "nonsense")
        self.assert_one_error(done, "nonsense", hint=False)

    def test_wrong_options(self):
        for arguments in (["--pg-port", "99999"], ["--pg-port", "x"], ["--log-level", "nonsense"],
                          ["--memory-limit", "lots"], ["--nonsense"], ["--threads", "many"], ["--config", "/nosuch"],
                          ["--role", "compute"], ["--kafka-url", "x:1"]):
            with self.subTest(arguments=arguments):
                done = start_and_fail("--data-dir", self.data, *arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertNotIn("weir ready", done.stdout)
                self.assertTrue(any(a.lstrip("-") in done.stderr for a in arguments), done.stderr)

    def test_two_servers_on_a_folder(self):
        server = self.server()
        done = start_and_fail("--data-dir", self.data)
        self.assert_one_error(done, "another weir is running on the data folder", self.data)
        done = run_weir("local", "--data-dir", self.data, "-c", "SELECT 1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another weir is running", done.stderr)
        with server.connect() as client:
            self.assertEqual(client.value("SELECT 1"), "1")
        server.kill()
        # The lock dies with its process.
        self.server().terminate()

    def test_newer_format(self):
        self.server().terminate()
        path = os.path.join(self.data, "FORMAT")
        with open(path) as file:
            content = file.read()
        with open(path, "w") as file:
            file.write(content.replace("1", "9"))
        self.assert_one_error(start_and_fail("--data-dir", self.data), "newer version", "format 9", self.data)
        with open(path, "w") as file:
            file.write("something else")
        self.assert_one_error(start_and_fail("--data-dir", self.data), "not a data folder of weir", self.data)
        with open(path, "w") as file:
            file.write(content)
        with sqlite3.connect(os.path.join(self.data, "meta", "weir.db")) as meta:
            meta.execute("UPDATE weir_format SET version = 99")
        meta.close()
        self.assert_one_error(start_and_fail("--data-dir", self.data), "newer version")


class Damage(Folder):
    def fill(self):
        server = self.server()
        with server.connect() as client:
            for name in ("hurt", "fine"):
                client.query(f"CREATE TABLE {name} (a int, b text)")
                client.query(f"INSERT INTO {name} SELECT x, 'v' || x FROM generate_series(1, 100000) AS g(x)")
            client.query("CHECKPOINT")
        self.assertEqual(server.terminate()[0], 0)
        segments = glob.glob(os.path.join(self.data, "objects", "weir", "hurt-*", "*.parquet"))
        self.assertTrue(segments)
        return segments

    def test_damaged_segments(self):
        segments = self.fill()
        path = segments[0]
        with open(path, "rb") as file:
            whole = file.read()
        flipped = bytearray(whole)
        for i in range(100, len(whole) - 3000, 97):
            flipped[i] ^= 0x5A
        foot = bytearray(whole)
        for i in range(len(whole) - 200, len(whole) - 8, 3):
            foot[i] ^= 0x5A
        for what, content in (("flipped", bytes(flipped)), ("footer", bytes(foot)), ("half", whole[:len(whole) // 2]),
                              ("empty", b""), ("zeros", b"\0" * len(whole)), ("missing", None)):
            with self.subTest(what=what):
                if content is None:
                    os.remove(path)
                else:
                    with open(path, "wb") as file:
                        file.write(content)
                server = self.server()
                with server.connect() as client:
                    with self.assertRaises(ServerError) as caught:
                        client.query("SELECT count(*), sum(a), max(b), min(length(b)) FROM hurt")
                    error = caught.exception
                    self.assertIn(os.path.basename(path), error.message)
                    self.assertIn(error.code, ("XX001", "58P01"), error)
                    # Others answer, and take rows; also the damaged table.
                    self.assertEqual(client.query("SELECT count(*), sum(a) FROM fine"), [["100000", "5000050000"]])
                    client.query("INSERT INTO hurt VALUES (0, 'x')")
                    client.query("INSERT INTO fine VALUES (0, 'x')")
                    client.query("DELETE FROM fine WHERE a = 0")
                self.assertEqual(server.terminate()[0], 0)
                with open(path, "wb") as file:
                    file.write(whole)
        server = self.server()
        with server.connect() as client:
            self.assertEqual(client.query("SELECT count(*), sum(a) FROM hurt"), [["100006", "5000050000"]])

    def test_damaged_metadata(self):
        self.fill()
        path = os.path.join(self.data, "meta", "weir.db")
        with open(path, "rb") as file:
            whole = bytearray(file.read())
        objects = sorted(glob.glob(os.path.join(self.data, "objects", "**", "*.parquet"), recursive=True))
        header, garbage = bytearray(whole), bytearray(whole)
        header[:16] = b"not a database!!"
        for i in range(100, len(whole), 301):
            garbage[i] ^= 0x5A
        for what, content in (("header", header), ("garbage", garbage), ("half", whole[:len(whole) // 2 - 100]),
                              ("empty", b""), ("missing", None)):
            with self.subTest(what=what):
                for left in glob.glob(path + "*"):
                    os.remove(left)
                if content is not None:
                    with open(path, "wb") as file:
                        file.write(content)
                done = start_and_fail("--data-dir", self.data)
                self.assert_one_error(done, "metadata is", path)
                # A server that knows of no table must not take their segments for leftovers.
                self.assertEqual(sorted(glob.glob(os.path.join(self.data, "objects", "**", "*.parquet"),
                                                  recursive=True)), objects)
        for left in glob.glob(path + "*"):
            os.remove(left)
        with open(path, "wb") as file:
            file.write(whole)
        with self.server().connect() as client:
            self.assertEqual(client.value("SELECT count(*) FROM hurt"), "100000")

    def test_damaged_snapshot_of_the_catalog(self):
        self.fill()
        path = os.path.join(self.data, "meta", "weir.db")
        meta = sqlite3.connect(path)
        tables = [name for (name,) in meta.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        touched = False
        for table in tables:
            columns = [row[1] for row in meta.execute(f"PRAGMA table_info({table})")]
            for column in columns:
                rows = meta.execute(f"SELECT rowid, {column} FROM {table} WHERE typeof({column}) = 'blob'").fetchall()
                for rowid, blob in rows:
                    if "snapshot" in table and len(blob) > 40:
                        hurt = bytearray(blob)
                        hurt[len(hurt) // 2] ^= 0x5A
                        meta.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [bytes(hurt), rowid])
                        touched = True
        meta.commit()
        meta.close()
        if not touched:
            self.skipTest(f"no snapshot found in {tables}")
        self.assert_one_error(start_and_fail("--data-dir", self.data), "is damaged")


class FullDisk(Folder):
    """A file system of a few megabytes where we may mount one, a limit of file sizes elsewhere."""

    def mounted(self, size):
        os.mkdir(self.data)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "weir-e2e", self.data],
                              capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest("this user may not mount: " + done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], capture_output=True)

    def test_full_disk_under_ingest(self):
        self.mounted("24m")
        server = self.server()
        client = server.connect()
        client.query("CREATE TABLE t (writer int, n bigint, payload text)")
        ballast = os.path.join(self.data, "ballast")
        acknowledged, errors, stop = [[], [], []], [], threading.Event()

        def write(writer):
            with server.connect() as mine:
                n = 0
                while not stop.is_set():
                    n += 1
                    first, count = n * 10000, (1, 200, 5000)[n % 3]
                    try:
                        if writer == 2:
                            mine.send(message("Q", text("COPY t FROM STDIN")))
                            kind = mine.next()[0]
                            if kind == "G":
                                mine.send(message("d", "".join(f"2\t{first + i}\t{os.urandom(50).hex()}\n"
                                                               for i in range(count)).encode()), message("c"))
                            mine.until_ready()
                        else:
                            mine.query(f"INSERT INTO t SELECT {writer}, x, md5(x::text) || md5((x + 1)::text) || "
                                       f"md5((x + {n})::text) FROM generate_series({first}, {first + count - 1}) "
                                       "AS g(x)")
                        acknowledged[writer].append((first, count))
                    except ServerError as error:
                        errors.append(error)
                        time.sleep(0.02)
        threads = [threading.Thread(target=write, args=(i,), daemon=True) for i in range(3)]
        for thread in threads:
            thread.start()
        self.assertTrue(wait_until(lambda: len(errors) >= 10, 30), "the disk was never full")
        for error in errors:
            self.assertIn(error.code, ("53100", "58030"), error)
        codes = [error.code for error in errors]
        self.assertIn("53100", codes)
        full = next(error for error in errors if error.code == "53100")
        self.assertTrue("H" in full.fields, full.fields)
        # Readers go on.
        int(client.value("SELECT count(*) FROM t"))
        # More room: it goes on by itself.
        before = [len(batches) for batches in acknowledged]
        self.assertEqual(subprocess.run(["mount", "-o", "remount,size=160m", self.data]).returncode, 0)
        self.assertTrue(wait_until(lambda: all(len(now) > then for now, then in zip(acknowledged, before)), 20),
                        f"no rows were taken after there was room again: {errors[-1]}")
        stop.set()
        for thread in threads:
            thread.join(timeout=20)

        def check(client):
            for writer, batches in enumerate(acknowledged):
                want = sum(count for _, count in batches)
                total = sum(sum(range(first, first + count)) for first, count in batches)
                self.assertEqual(client.query(f"SELECT count(*), count(DISTINCT n), sum(n) FROM t "
                                              f"WHERE writer = {writer}"), [[str(want), str(want), str(total)]])
        check(client)
        client.close()
        self.assertEqual(server.terminate()[0], 0)
        server = self.server()
        with server.connect() as client:
            check(client)
        # No leftovers of what failed.
        self.assertEqual(os.listdir(os.path.join(self.data, "objects", ".tmp")), [])
        self.assertEqual(server.terminate()[0], 0)
        print(f"{len(errors)} refusals, {sum(map(len, acknowledged))} batches acknowledged", end=" ... ")

    def test_start_on_a_full_disk(self):
        self.mounted("2m")
        with open(os.path.join(self.data, "ballast"), "wb") as ballast:
            try:
                while True:
                    ballast.write(b"x" * 65536)
                    ballast.flush()
            except OSError as error:
                self.assertEqual(error.errno, errno.ENOSPC)
        done = start_and_fail("--data-dir", self.data)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "No space left on device|disk is full")
        self.assertIn("HINT", done.stderr)

    def test_limit_of_file_sizes(self):
        import resource
        limit = 3 << 20
        server = self.server(preexec=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                              resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
        with server.connect() as client:
            client.query("CREATE TABLE t (n bigint, payload text)")
            client.query("INSERT INTO t VALUES (1, 'x')")
            with self.assertRaises(ServerError) as caught:
                client.query("INSERT INTO t SELECT x, md5(x::text) || md5((x * 7)::text) "
                             "FROM generate_series(1, 300000) AS g(x)")
            self.assertIn("File too large", caught.exception.message)
            self.assertEqual(client.query("SELECT n FROM t"), [["1"]])
            client.query("INSERT INTO t VALUES (2, 'y')")
        self.assertEqual(server.terminate()[0], 0)


class Termination(Folder):
    def test_sigterm_under_load(self):
        server = self.server()
        idle = [server.connect() for _ in range(20)]
        idle[0].query("CREATE TABLE t (a int)")
        idle[0].query("BEGIN")
        idle[0].query("INSERT INTO t VALUES (1)")
        long = "SELECT count(*) FROM generate_series(1, 1000000) AS a(x), generate_series(1, 1000000) AS b(y) " \
               "WHERE (x + y) % 7 = 3"
        running = [server.connect() for _ in range(4)]
        for client in running[:2]:
            client.send(message("Q", text(long)))
        running[2].send(message("Q", text("SELECT x, y, repeat('v', 1000) FROM generate_series(1, 1000000) AS a(x), "
                                          "generate_series(1, 1000000) AS b(y)")))
        running[3].send(message("Q", text("COPY t FROM STDIN")), message("d", b"1\n2\n"))
        half = RawClient(server.port, startup=False)
        half.send(b"\0\0")
        time.sleep(0.5)
        status, seconds = server.terminate()
        self.assertEqual(status, 0, "".join(server.lines))
        self.assertLess(seconds, 5)
        print(f"stopped after {seconds:.2f} s", end=" ... ")
        # Each is told or closed.
        for client in idle + running[:2] + running[3:]:
            self.assertIn(b"SFATAL\0VFATAL\0C57P01\0", client.closed_within(2))
            client.close()
        for client in (running[2], half):
            self.assertIsNotNone(client.closed_within(2))
            client.close()
        with self.server().connect() as client:
            self.assertEqual(client.value("SELECT count(*) FROM t"), "0")

    def test_a_second_signal_ends_it_at_once(self):
        server = self.server()
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.process.wait(timeout=10), 0)


if __name__ == "__main__":
    main()
