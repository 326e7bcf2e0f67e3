#!/usr/bin/env python3
"""Kills the server with SIGKILL at random instants under ingest and checks that exactly what was acknowledged is there.

usage: crash.py --weir BINARY [--cycles N] [--seed S]

Writers insert rows with numbers of their own, one statement after the other, each with a label, through psql-less
plain sockets (the simple query protocol), and note which were acknowledged. After each kill the server starts again:
every acknowledged row must be there once; a row in flight at the kill may be there once or not at all.
"""
import argparse
import random
import shutil
import sys
import tempfile
import threading
import time

import pg_raw
from pg_raw import RawClient, Server

WRITERS = 4
TRUNCATE_ABOVE = 200_000  # rows


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
            client = RawClient(self.port, timeout=60)
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
    pg_raw.WEIR = options.weir
    print(f"crash test: seed {options.seed}")
    rng = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="weir-crash-")
    starts = [1] * WRITERS
    sure = [set() for _ in range(WRITERS)]      # numbers that must be there
    counted = 0                                 # rows that were checked and truncated away
    unsure = [[] for _ in range(WRITERS)]       # batches in flight at a kill: all or nothing
    try:
        server = Server(data_dir=folder)
        RawClient(server.port, timeout=60).query("CREATE TABLE t (writer int, number bigint, payload text)")
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
            server = Server(data_dir=folder)
            client = RawClient(server.port, timeout=60)
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
        status, _ = server.terminate(timeout=60)
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
