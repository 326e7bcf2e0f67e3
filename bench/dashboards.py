#!/usr/bin/env python3
"""What dashboards do, with Weir's caches and without: the same query again on unchanged data (result cache), and an aggregate over a sliding
window of data that grows (partial aggregates of segments). Not a comparison of engines: those run with both off.

usage: dashboards.py --weir BINARY [--segments 10,40,160] [--rows 200000] [--runs 7] [--threads N]

Each segment holds an hour of events. Before each run of the window another one arrives, and the window of all hours but the first moves on
by one; the answers with and without the cache are compared. `new/all` is the time of one new segment as a part of the time of all.
"""
import argparse
import csv
import io
import re
import statistics
import subprocess
import sys
import tempfile

START = "timestamp '2024-01-01'"
DASHBOARD = ("SELECT service, status / 100 AS class, count(*) AS requests, sum(bytes) AS bytes, avg(ms) AS ms, max(ms) AS slowest "
             "FROM events WHERE ts >= {start} + interval '{first} hours' AND ts < {start} + interval '{last} hours' "
             "GROUP BY service, status / 100 ORDER BY 1, 2")
CREATE = "CREATE TABLE events (ts timestamp NOT NULL, service text, status int, bytes bigint, ms double)"
HOUR = ("INSERT INTO events SELECT {start} + interval '{hour} hours' + interval '1 millisecond' * (x * 3600000 / {rows}), 'service-' || x % 23, "
        "200 + x * 7919 % 5 * 75, x * 7919 % 100000, x * 104729 % 10000 / 10.0 FROM generate_series(0::bigint, {rows} - 1) g(x)")


def run(options, folder, statements):
    """The answer and the milliseconds of each statement."""
    args = [options.weir, "local", "--data-dir", folder, "--format", "csv", "--timing"]
    if options.threads:
        args += ["--threads", str(options.threads)]
    for statement in statements:
        args += ["-c", statement]
    done = subprocess.run(args, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    pieces = re.split(r"^Time: ([0-9.]+) ms$", done.stdout, flags=re.M)
    return [list(csv.reader(io.StringIO(text.strip()))) for text in pieces[0:-1:2]], [float(time) for time in pieces[1::2]]


def repeated(options, folder, hours):
    """Medians of a query on data that stays the same."""
    query = DASHBOARD.format(start=START, first=0, last=hours)
    medians, answers = {}, {}
    for setting in ("off", "on"):
        rows, times = run(options, folder, [f"SET enable_result_cache = {setting}"] + [query] * (options.runs + 1))
        medians[setting] = statistics.median(times[2:])
        answers[setting] = rows[1:]
    return medians, all(same(answers["off"][0], answer) for answer in answers["off"] + answers["on"])


def sliding(options, folder, hours):
    """Medians of a window that moves on before each run; with `whole`, of a first run that finds nothing in the cache."""
    statements, places = ["SELECT 1"], {"off": [], "on": []}
    for step in range(options.runs + 1):
        statements.append(HOUR.format(start=START, hour=hours + step, rows=options.rows))
        query = DASHBOARD.format(start=START, first=step + 1, last=hours + step + 1)
        for setting in ("off", "on"):
            statements.append(f"SET enable_query_cache = {setting}")
            places[setting].append(len(statements))
            statements.append(query)
    rows, times = run(options, folder, statements)
    equal = all(same(rows[a], rows[b]) for a, b in zip(places["off"], places["on"]))
    medians = {setting: statistics.median(times[place] for place in places[setting][1:]) for setting in places}
    medians["first"] = times[places["on"][0]]
    return medians, equal


def same(left, right):
    """Sums of floating numbers follow the order in which they are made."""
    def near(x, y):
        try:
            return abs(float(x) - float(y)) <= 1e-9 * max(1.0, abs(float(x)))
        except ValueError:
            return x == y
    return len(left) == len(right) and all(len(a) == len(b) and all(map(near, a, b)) for a, b in zip(left, right))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--segments", default="10,40,160", help="sizes of the table, by commas")
    parser.add_argument("--rows", type=int, default=200_000, help="of a segment")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    print(f"{options.rows} rows a segment, median of {options.runs}, ms")
    print(f"{'segments':>8}{'repeated':>12}{'cached':>10}{'off/on':>9}{'window':>12}{'first':>10}{'cached':>10}{'off/on':>9}{'new/all':>9}  answers")
    wrong = False
    for hours in map(int, options.segments.split(",")):
        with tempfile.TemporaryDirectory(prefix="weir-dashboards-") as folder:
            run(options, folder, [CREATE] + [HOUR.format(start=START, hour=hour, rows=options.rows) for hour in range(hours)])
            again, equal = repeated(options, folder, hours)
            window, equal_window = sliding(options, folder, hours)
        wrong = wrong or not (equal and equal_window)
        print(f"{hours:>8}{again['off']:>12.2f}{again['on']:>10.2f}{again['off'] / again['on']:>9.1f}{window['off']:>12.2f}{window['first']:>10.2f}"
              f"{window['on']:>10.2f}{window['off'] / window['on']:>9.1f}{window['on'] / window['off']:>9.3f}"
              f"  {'equal' if equal and equal_window else 'DIFFERENT'}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
