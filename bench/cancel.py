#!/usr/bin/env python3
"""How long statements go on after they were to end: cancel requests, statement_timeout and clients that go away, at random moments.

usage: cancel.py --weir BINARY [--rows 4000000] [--repeat 10] [--load 4] [--how cancel,timeout,disconnect] [--statements sort,window]

Prints the median and the largest of the milliseconds until the client has its error (or, of a client that went away, until the
statement is not active any more), while `--load` other clients keep all cores busy. What ends before its moment comes is tried again
earlier.
"""
import argparse
import pathlib
import random
import re
import statistics
import sys
import tempfile
import threading
import time

import suites

sys.path.insert(0, str(suites.HERE.parent / "tests" / "e2e"))
import pg_raw  # noqa: E402

SETUP = [
    "CREATE TABLE big AS SELECT i AS k, i * 2654435761 % 4294967291 AS r, (i * 40503 % 65537 % 1000)::int AS g, md5(i::text) AS t, "
    "(i * 15485863 % 99999989)::double precision AS v FROM generate_series(1, {rows}::bigint) AS s(i)",
    "CREATE TABLE texts AS SELECT i AS k, repeat(md5(i::text), 3000) AS t FROM generate_series(1, greatest({rows} / 2000, 100)) AS s(i)",
    "COPY big TO '{folder}/big.parquet'",
    "COPY big TO '{folder}/big.csv' (HEADER)",
    "CREATE TABLE copied AS SELECT * FROM big WHERE false",
]
# What takes long, each in another part of the engine. `{n}` is new in each run.
STATEMENTS = {
    "scan parquet": "SELECT sum(v), max(t), sum(length(t || r)) FROM '{folder}/big.parquet'",
    "scan csv": "SELECT sum(v), max(t) FROM '{folder}/big.csv'",
    "scan table": "SELECT sum(v), max(t), sum(length(t || r)) FROM big",
    "filter regex": "SELECT count(*) FROM texts WHERE t ~ '(a|b)+[0-9]{{3}}f{{4}}(0|1)+xyz'",
    "filter like": "SELECT count(*) FROM texts AS a, generate_series(1, 100) WHERE a.t LIKE '%ab_cd%ef_01%' || generate_series",
    "replace regex": "SELECT sum(length(regexp_replace(t, '[a-f]([0-9])', '<\\1>', 'g'))) FROM texts",
    "hash join build": "SELECT count(*), sum(a.v) FROM big AS a JOIN big AS b ON a.r = b.r AND a.t = b.t",
    "hash join probe": "SELECT count(*) FROM big AS a JOIN big AS b ON a.g = b.g WHERE a.v + b.v < 0",
    "cross join": "SELECT count(*) FROM big AS a, big AS b WHERE a.v < b.v",
    "range join": "SELECT count(*) FROM big AS a JOIN big AS b ON a.r BETWEEN b.r AND b.r + 10",
    "sort": "COPY (SELECT * FROM big ORDER BY t, r) TO '{folder}/sorted{n}.parquet'",
    "sort of rows for the client": "SELECT * FROM big ORDER BY t",
    "top n": "SELECT sum(k) FROM (SELECT * FROM big ORDER BY v, t LIMIT {half}) AS s",
    "group by": "SELECT count(*), max(s) FROM (SELECT r, t, sum(v) AS s FROM big GROUP BY r, t) AS x",
    "count distinct": "SELECT g, count(DISTINCT r), count(DISTINCT t) FROM big GROUP BY g",
    "aggregate in order": "SELECT length(string_agg(t, ',' ORDER BY v)) FROM big",
    "percentiles": "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v), mode() WITHIN GROUP (ORDER BY g) FROM big",
    "list of all": "SELECT array_length(array_agg(t), 1) FROM big",
    "grouping sets": "SELECT count(*) FROM (SELECT r, g, t, count(*) FROM big GROUP BY CUBE (r, g, t)) AS x",
    "window, partitions": "SELECT sum(a), sum(b) FROM (SELECT row_number() OVER w AS a, sum(v) OVER w AS b FROM big WINDOW w AS (PARTITION BY g ORDER BY v)) AS x",
    "window, one partition": "SELECT sum(a), sum(b) FROM (SELECT rank() OVER w AS a, min(v) OVER w AS b FROM big "
                             "WINDOW w AS (ORDER BY r ROWS BETWEEN 5000 PRECEDING AND 5000 FOLLOWING)) AS x",
    "union": "SELECT count(*) FROM (SELECT t, r FROM big UNION SELECT t, k FROM big EXCEPT SELECT t, v FROM big) AS x",
    "generate_series": "SELECT count(*), sum(i) FROM generate_series(1, 10000000) AS s(i), generate_series(1, 1000) AS t(j)",
    "unnest": "SELECT sum(x) FROM (SELECT unnest(array_generate(1, 100000)) AS x FROM big) AS s",
    "recursion": "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 100000000) SELECT max(i) FROM s",
    "wide recursion": "WITH RECURSIVE s(i, n) AS (SELECT r, 1 FROM big UNION SELECT i + n, n + 1 FROM s WHERE n < 1000) SELECT count(*) FROM s",
    "correlated subquery": "SELECT sum((SELECT count(*) FROM big AS b WHERE b.v > a.v AND b.k <> a.k)) FROM big AS a",
    "rows for the client": "SELECT * FROM big AS a, generate_series(1, 100) AS s",
    "copy out": "COPY (SELECT * FROM big) TO '{folder}/out{n}.csv'",
    "copy out parquet": "COPY (SELECT * FROM big) TO '{folder}/out{n}.parquet'",
    "copy in": "COPY copied FROM '{folder}/big.csv' (HEADER)",
    "insert": "INSERT INTO copied SELECT * FROM big",
    "update": "UPDATE big SET v = v + 1 WHERE k % 2 = 0",
    "delete": "DELETE FROM big WHERE t LIKE '%a%b%c%' AND r < 0 OR length(repeat(t, 50)) = 3",
    "merge": "MERGE INTO big AS a USING big AS b ON a.k = b.k WHEN MATCHED THEN UPDATE SET v = a.v + b.v",
    "create table as": "CREATE TABLE made{n} AS SELECT * FROM big",
    "analyze": "ANALYZE big",
    "planning": "SELECT count(*) FROM " + ", ".join(f"big AS b{i}" for i in range(40)) + " WHERE " +
                " AND ".join(f"b{i}.k = b{i + 1}.k + 1" for i in range(39)),
    "folded constant": "SELECT length(regexp_replace(repeat('ab', 20000000), 'a(b)', '\\1\\1', 'g'))",
    "json": "SELECT sum(length((j->'a'->0->>'b'))) FROM (SELECT ('{{\"a\": [{{\"b\": \"' || t || '\"}}]}}')::json AS j FROM big) AS s",
}


class Background:
    """Clients that keep the cores busy."""
    SQL = "SELECT g, count(*), sum(v) FROM big WHERE r % 7 <> 3 GROUP BY g"

    def __init__(self, server, count):
        self.stopping = False
        self.threads = [threading.Thread(target=self.go, args=(server,), daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def go(self, server):
        with server.connect(timeout=600) as client:
            while not self.stopping:
                client.query(self.SQL)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def end_of(client):
    """Reads to the end of the statement as fast as bytes come; the SQLSTATE of its error, if any."""
    tail = client.buffer
    while not (tail[-6:-1] == b"Z\0\0\0\5" and tail[-1:] in b"ITE"):
        piece = client.socket.recv(1 << 20)
        if not piece:
            raise ConnectionError("closed by the server")
        tail = (tail + piece)[-4096:]
    client.buffer = b""
    error = re.search(rb"E....S[A-Z]+\0V[A-Z]+\0C([0-9A-Z]{5})\0", tail, re.S)
    return error.group(1).decode() if error else None


def canceled(server, sql, delay):
    """Seconds until the error after a cancel request, None when the statement had ended."""
    with server.connect(timeout=600) as client:
        at = []
        timer = threading.Timer(delay, lambda: (at.append(time.perf_counter()), client.cancel()))
        client.send(pg_raw.message("Q", pg_raw.text(sql)))
        timer.start()
        code = end_of(client)
        end = time.perf_counter()
        timer.cancel()
        timer.join()
        return judge(code, end - at[0] if at else None)


def timed_out(server, sql, delay):
    with server.connect(timeout=600) as client:
        client.query(f"SET statement_timeout = {max(1, int(delay * 1000))}")
        start = time.perf_counter()
        client.send(pg_raw.message("Q", pg_raw.text(sql)))
        return judge(end_of(client), time.perf_counter() - start - delay)


def disconnected(server, sql, delay):
    with server.connect(timeout=600) as watcher:
        client = server.connect(timeout=600, application_name="leaver")
        client.send(pg_raw.message("Q", pg_raw.text(sql)))
        active = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leaver' AND state = 'active'"
        time.sleep(delay)
        if watcher.value(active) == "0":
            client.close()
            return None
        start = time.perf_counter()
        client.close()
        while watcher.value(active) != "0":
            time.sleep(0.001)
        return time.perf_counter() - start


def judge(code, seconds):
    if code is None:
        return None
    if code != "57014":
        raise RuntimeError(f"failed with {code}")
    return seconds


HOW = {"cancel": canceled, "timeout": timed_out, "disconnect": disconnected}


def measure(server, how, sql, options, random_source):
    """Milliseconds of each repetition; `longest` is the largest delay, made smaller when the statement ends before it."""
    longest, out, tries = options.longest, [], 0
    while len(out) < options.repeat and tries < 5 * options.repeat:
        tries += 1
        delay = random_source.uniform(0.02, longest)
        seconds = HOW[how](server, sql.replace("{n}", str(random_source.randrange(10**9))), delay)
        if seconds is None:
            longest = max(0.03, delay * 0.8)
        else:
            out.append(seconds * 1000)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--longest", type=float, default=2.0, help="seconds after which statements are canceled at most")
    parser.add_argument("--load", type=int, default=4, help="other clients that keep the cores busy")
    parser.add_argument("--how", default="cancel", help=", ".join(HOW))
    parser.add_argument("--statements", default="", help="names, or beginnings of them, by commas")
    parser.add_argument("--threads", default="0")
    parser.add_argument("--limit-ms", type=float, default=100)
    options = parser.parse_args()
    pg_raw.WEIR = options.weir
    chosen = {name: sql for name, sql in STATEMENTS.items()
              if not options.statements or any(name.startswith(wish) for wish in options.statements.split(","))}
    slow = 0
    with tempfile.TemporaryDirectory(prefix="weir-cancel-") as folder:
        server = pg_raw.Server("--threads", options.threads) if options.threads != "0" else pg_raw.Server()
        try:
            with server.connect(timeout=600) as client:
                for sql in SETUP:
                    client.query(sql.format(rows=options.rows, folder=folder))
            load = Background(server, options.load)
            print(f"{options.rows} rows, {options.load} other clients\n{'statement':<30}{'how':<12}{'median ms':>10}{'largest ms':>11}{'times':>6}")
            for name, sql in chosen.items():
                sql = sql.format(folder=folder, half=options.rows // 2, n="{n}")
                for how in options.how.split(","):
                    line = f"{name:<30}{how:<12}"
                    try:
                        ms = measure(server, how, sql, options, random.Random(name))
                    except Exception as error:  # noqa: BLE001: reported in the table
                        print(f"{line}  {error}", flush=True)
                        if server.process.poll() is not None:
                            raise
                        continue
                    if not ms:
                        print(f"{line}  ended before", flush=True)
                        continue
                    slow += max(ms) > options.limit_ms
                    print(f"{line}{statistics.median(ms):>10.1f}{max(ms):>11.1f}{len(ms):>6}", flush=True)
                for file in pathlib.Path(folder).glob("*[0-9].*"):
                    file.unlink()
            load.stop()
            print(f"{slow} above {options.limit_ms:.0f} ms")
        finally:
            server.remove()
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
