#!/usr/bin/env python3
"""Whether one build is slower than another: by instructions, which the machine's noise does not touch, and by paired runs.

usage: regress.py BINARY_OR_COMMIT_A BINARY_OR_COMMIT_B [--threshold 1.05] [--how instructions,time] [--pairs 7] [--queries q01,q06]

Each query runs twice with one thread over small fixed tables that A makes. `instructions` counts with callgrind (of valgrind) what that
takes beyond the start of the process. `time` runs A and B in turn and takes the median of the
pairs' ratios of processor time. Commits are built in a worktree under build/regress. Exits with 1 when a query's ratio B/A is above
the threshold (of time: 1 + 3 times as far, for noise), 2 when something fails.
"""
import argparse
import functools
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import suites

ROWS = {"groupjoin": 200_000, "webstats": 20_000, "json": 5_000}   # of the suites whose tables are made
# Few queries of each kind of work; the texts are those of the suites.
QUERIES = {
    "groupjoin": ["g02", "g03", "g05", "g07", "g08", "g09", "j01", "j02", "j05"],
    "webstats": ["q02", "q06", "q08", "q13", "q17", "q21", "q24", "q29", "q35", "q41"],
    "json": ["j02", "j05", "j08", "n03", "n06"],
}
OWN = {
    "sort": "SELECT max(r) FROM (SELECT row_number() OVER (ORDER BY v3, id3) AS r FROM facts) AS s",
    "window": "SELECT sum(s) FROM (SELECT sum(v1) OVER (PARTITION BY id4 ORDER BY v3) AS s FROM facts) AS w",
    "plan": "SELECT count(*) FROM small a JOIN small b USING (k1) JOIN small c USING (k1) JOIN medium d ON d.k2 = c.v2 JOIN medium e ON e.t2 = d.t2 "
            "JOIN medium f ON f.k2 = e.k2 WHERE a.k1 = 3 AND e.v2 < 10",
}


def binary_of(name):
    """The path itself, or that of a commit, built when it is not there."""
    if os.access(name, os.X_OK) and pathlib.Path(name).is_file():
        return str(pathlib.Path(name).resolve())
    root = suites.HERE.parent
    commit = subprocess.run(["git", "rev-parse", "--short=12", f"{name}^{{commit}}"], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
    tree = root / "build" / "regress" / commit
    binary = tree / "build" / "release" / "weir"
    if not binary.exists():
        if not tree.exists():
            subprocess.run(["git", "worktree", "add", "--detach", str(tree), commit], cwd=root, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--preset", "release"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", "build/release", "weir"], cwd=tree, check=True, stdout=sys.stderr)
    return str(binary)


def local(binary, folder, sql, *before):
    return [*before, binary, "local", "--data-dir", str(folder), "--threads", "1", "--format", "csv", *[part for text in sql for part in ("-c", text)]]


def error_of(text):
    return next((line for line in text.splitlines() if line.startswith("ERROR")), "")


def make_tables(binary, folder):
    """Files, and a data folder with views of them."""
    for suite, rows in ROWS.items():
        files = folder / suite
        files.mkdir()
        script = (suites.HERE / suite / "tables.sql").read_text().replace("${ROWS}", str(rows)).replace("${DIR}", str(files))
        subprocess.run([binary, "local", "-c", script], check=True, stdout=subprocess.DEVNULL)
        sql = [f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')" for name, file in suites.files_of(files).items()]
        subprocess.run(local(binary, folder / "data", sql), check=True, stdout=subprocess.DEVNULL)


@functools.cache
def process_instructions(binary, folder, sql):
    done = subprocess.run(local(binary, folder / "data", [sql] * 2, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"),
                          capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise RuntimeError(error_of(done.stderr) or f"exit {done.returncode}")
    return int(found.group(1))


def instructions(binary, folder, sql):
    return process_instructions(binary, folder, sql) - process_instructions(binary, folder, "SELECT 1")


def seconds(binary, folder, sql, runs):
    """Processor time of `runs` executions and the start."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(local(binary, folder / "data", [sql] * runs), stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            out.seek(0)
            raise RuntimeError(error_of(out.read().decode()) or f"exit {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def by_instructions(a, b, folder, sql, _options):
    return instructions(a, folder, sql), instructions(b, folder, sql), None


def by_time(a, b, folder, sql, options):
    pairs = []
    for i in range(options.pairs):
        order = (a, b) if i % 2 == 0 else (b, a)
        times = {binary: seconds(binary, folder, sql, 5) for binary in order} if a != b else {a: seconds(a, folder, sql, 5)}
        pairs.append((times[a], times[b]))
    return statistics.median(x for x, _ in pairs), statistics.median(y for _, y in pairs), statistics.median(y / x for x, y in pairs)


HOW = {"instructions": by_instructions, "time": by_time}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--how", default="instructions", help=", ".join(HOW))
    parser.add_argument("--threshold", type=float, default=1.05)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--queries", default="")
    options = parser.parse_args()
    a, b = binary_of(options.a), binary_of(options.b)
    texts = {f"{suite} {name}": suites.queries_of(suites.HERE / suite)[name] for suite, names in QUERIES.items() for name in names}
    texts |= OWN
    wanted = options.queries.split(",") if options.queries else None
    slower = failed = 0
    with tempfile.TemporaryDirectory(prefix="weir-regress-") as name:
        folder = pathlib.Path(name)
        make_tables(a, folder)
        for how in options.how.split(","):
            limit = options.threshold if how == "instructions" else 1 + 3 * (options.threshold - 1)
            unit = 1e6 if how == "instructions" else 1e-3
            print(f"{how}, limit {limit:.2f}\n{'query':<18}{'A':>12}{'B':>12}{'B/A':>8}   ({'millions' if unit > 1 else 'ms'})")
            ratios = []
            for query, sql in texts.items():
                if wanted is not None and query.split()[-1] not in wanted:
                    continue
                try:
                    x, y, ratio = HOW[how](a, b, folder, sql, options)
                except RuntimeError as error:
                    print(f"{query:<18}  failed: {error}", flush=True)
                    failed += 1
                    continue
                ratio = ratio or y / x
                ratios.append(ratio)
                slower += ratio > limit
                print(f"{query:<18}{x / unit:>12.1f}{y / unit:>12.1f}{ratio:>8.3f}{'  SLOWER' if ratio > limit else ''}", flush=True)
            if ratios:
                print(f"geometric mean {math.exp(statistics.fmean(map(math.log, ratios))):.3f}, worst {max(ratios):.3f}, best {min(ratios):.3f}\n")
    return 2 if failed else 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
