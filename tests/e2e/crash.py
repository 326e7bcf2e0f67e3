#!/usr/bin/env python3
"""Kills the server with SIGKILL at random instants under ingest and checks that exactly what was acknowledged is there.

usage: crash.py --weir BINARY [--cycles N] [--seed S]

Writers insert rows with numbers of their own, one statement after the other, each with a label, through psql-less
plain sockets (the simple query protocol), and note which were acknowledged. After each kill the server starts again:
every acknowledged row must be there once; a row in flight at the kill may be there once or not at all.
"""
import argparse
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

WRITERS = 4
TRUNCATE_ABOVE = 200_000  # rows


class Client:
    """Just enough of the PostgreSQL protocol: trust, simple queries, text rows."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.stream = self.socket.makefile("rb", buffering=1 << 16)
        body = struct.pack("!i", 196608) + b"user\0weir\0database\0weir\0\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self._until_ready()

    def _take(self, count):
        data = self.stream.read(count)
        if len(data) < count:
            raise ConnectionError("closed")
        return data

    def _until_ready(self):
        rows, error = [], None
        while True:
            kind = self._take(1)
            (length,) = struct.unpack("!i", self._take(4))
            body = self._take(length - 4)
            if kind == b"D":
                (count,) = struct.unpack("!h", body[:2])
                at, row = 2, []
                for _ in range(count):
                    (size,) = struct.unpack("!i", body[at:at + 4])
                    at += 4
                    if size < 0:
                        row.append(None)
                    else:
                        row.append(body[at:at + size].decode())
                        at += size
                rows.append(row)
            elif kind == b"E":
                error = body.decode(errors="replace").replace("\0", " | ")
            elif kind == b"Z":
                if error:
                    raise RuntimeError(error)
                return rows

    def query(self, sql):
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._until_ready()

    def close(self):
        self.stream.close()
        self.socket.close()


class Server:
    def __init__(self, weir, data_dir):
        self.process = subprocess.Popen(
            [weir, "server", "--data-dir", data_dir, "--pg-port", "0", "--http-port", "0", "--otlp-http-port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("weir ready"):
                self.port = int(line.split("pg=")[1].split()[0].rsplit(":", 1)[1])
                threading.Thread(target=self._drain, daemon=True).start()
                return
        raise RuntimeError("server did not start:\n" + "".join(lines))

    def _drain(self):
        for _ in self.process.stdout:
            pass

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


class Writer(threading.Thread):
    def __init__(self, number, port, start, seed):
        super().__init__(daemon=True)
        self.number, self.port, self.next = number, port, start
        self.random = random.Random(seed)
        self.acknowledged = []
        self.in_flight = None
        self.failure = None

    def run(self):
        try:
            client = Client(self.port)
        except OSError:
            return
        try:
            while True:
                # Mostly small commits, now and then one large enough for a segment of its own.
                count = self.random.choice([1, 1, 2, 5, 50, 6000])
                first = self.next
                self.next += count
                batch = (first, count)
                self.in_flight = batch
                client.query(f"INSERT INTO t SELECT {self.number}, x, repeat('v', 20) "
                             f"FROM generate_series({first}, {first + count - 1}) AS g(x)"
                             if count > 50 else
                             "INSERT INTO t VALUES " + ", ".join(
                                 f"({self.number}, {first + i}, 'value {first + i}')" for i in range(count)))
                self.acknowledged.append(batch)
                self.in_flight = None
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001: shown by the main thread
            if "57P01" not in str(error):
                self.failure = error


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--cycles", type=int, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"crash test: seed {options.seed}")
    rng = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="weir-crash-")
    starts = [1] * WRITERS
    sure = [set() for _ in range(WRITERS)]      # numbers that must be there
    counted = 0                                 # rows that were checked and truncated away
    unsure = [[] for _ in range(WRITERS)]       # batches in flight at a kill: all or nothing
    try:
        server = Server(options.weir, folder)
        Client(server.port).query("CREATE TABLE t (writer int, number bigint, payload text)")
        for cycle in range(options.cycles):
            writers = [Writer(i, server.port, starts[i], rng.random()) for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(rng.uniform(0.05, 0.8))
            server.kill()
            for writer in writers:
                writer.join(timeout=60)
                if writer.failure:
                    raise writer.failure
                i = writer.number
                starts[i] = writer.next
                for first, count in writer.acknowledged:
                    sure[i].update(range(first, first + count))
                if writer.in_flight:
                    unsure[i].append(writer.in_flight)
            server = Server(options.weir, folder)
            client = Client(server.port)
            doubled = client.query("SELECT writer, number, count(*) FROM t GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 5")
            if doubled:
                raise AssertionError(f"cycle {cycle}: rows stored twice: {doubled}")
            for i in range(WRITERS):
                # One value instead of a row each: this client parses rows far slower than the server sends them.
                [[numbers]] = client.query(f"SELECT string_agg(CAST(number AS varchar), ',') FROM t WHERE writer = {i}")
                there = set(map(int, numbers.split(","))) if numbers else set()
                lost = sure[i] - there
                if lost:
                    raise AssertionError(f"cycle {cycle}: acknowledged rows of writer {i} lost: {sorted(lost)[:10]}")
                extra = there - sure[i]
                for first, count in unsure[i]:
                    batch = set(range(first, first + count))
                    if batch <= extra:
                        sure[i] |= batch
                        extra -= batch
                    elif batch & extra:
                        raise AssertionError(f"cycle {cycle}: half of a batch is there: {first}+{count}")
                unsure[i].clear()
                if extra:
                    raise AssertionError(f"cycle {cycle}: rows that nobody wrote: {sorted(extra)[:10]}")
            # Start over now and then, so that the checks stay quick; a truncation must survive the next kill as well.
            if rng.random() < 0.5 or sum(len(s) for s in sure) > TRUNCATE_ABOVE:
                counted += sum(len(s) for s in sure)
                client.query("TRUNCATE TABLE t")
                for numbers in sure:
                    numbers.clear()
            client.close()
        total = counted + sum(len(s) for s in sure)
        status = server.stop()
        if status != 0:
            raise AssertionError(f"the server ended with status {status}")
        print(f"crash test: {options.cycles} kills, {total} acknowledged rows, all there exactly once")
    finally:
        try:
            server.process.kill()
        except Exception:  # noqa: BLE001: it may never have started
            pass
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
