#!/usr/bin/env python3
"""Weir and DuckDB side by side on the same Parquet files: same threads, hot, medians, answers compared in the same run.

usage: compare.py --weir BINARY [--suite tpch|tpcds|webstats|groupjoin|FOLDER] [--scale 1] [--rows 2000000] [--threads N] [--runs 5]
                  [--queries q01,q06] [--data DIR] [--tables name=file.parquet,...] [--out FILE]

A suite given as a folder is its *.sql files, one query each, or one file of queries ended by semicolons; --tables says which file
each table is, or which folder has them all. Data and queries of tpcds are those of DuckDB's extension (pip install
duckdb-extension-tpcds, of DuckDB's version) and are kept beside the data.
"""
import argparse
import csv
import datetime
import decimal
import io
import json
import os
import pathlib
import re
import statistics
import shutil
import subprocess
import sys
import tempfile
import time

import duckdb

HERE = pathlib.Path(__file__).resolve().parent
TABLES = ["lineitem", "orders", "customer", "part", "partsupp", "supplier", "nation", "region"]
SCANS = {
    "scan_int64": "select sum(l_orderkey) from lineitem",
    "scan_dictionary": "select l_shipmode, count(*) from lineitem group by l_shipmode order by l_shipmode",
}


def generate(folder, scale):
    if all((folder / f"{t}.parquet").exists() for t in TABLES):
        return
    folder.mkdir(parents=True, exist_ok=True)
    tool = pathlib.Path(sys.executable).parent / "tpchgen-cli"
    subprocess.run([str(tool), "parquet", "-s", str(scale), "--output-dir", str(folder)], check=True)


def generate_by(binary, script, folder, rows, threads):
    """Files that Weir makes by a script, in a folder that is there only when they are whole."""
    if folder.exists():
        return
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    sql = script.read_text().replace("${ROWS}", str(rows)).replace("${DIR}", str(part))
    subprocess.run([binary, "local", "--threads", str(threads), "-c", sql], check=True, stdout=subprocess.DEVNULL)
    part.rename(folder)


def generate_tpcds(folder, scale):
    """Files and query texts as DuckDB's extension has them."""
    if folder.exists():
        return
    import duckdb_extension_tpcds
    extension = next(pathlib.Path(duckdb_extension_tpcds.__file__).parent.rglob("*.duckdb_extension"))
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "queries").mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CALL dsdgen(sf = {float(scale)})")
    for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
        connection.execute(f"COPY {table} TO '{part / table}.parquet' (FORMAT parquet)")
    for number, text in connection.execute("SELECT query_nr, query FROM tpcds_queries()").fetchall():
        (part / "queries" / f"q{number:02}.sql").write_text(text)
    part.rename(folder)


def files_of(folder):
    return {path.stem: path for path in sorted(folder.glob("*.parquet"))}


def queries_of(folder):
    """Query texts by name: a file each, or those of one file ended by semicolons."""
    if folder.is_file():
        texts = [text.strip() for text in folder.read_text().split(";")]
        return {f"q{i + 1:02}": text for i, text in enumerate(text for text in texts if text)}
    paths = sorted(folder.glob("*.sql"))
    return {p.stem: p.read_text().strip().rstrip(";") for p in paths if p.stem != "tables"}


class Weir:
    """One `weir local` process a query, timed inside, over views of the files."""

    def __init__(self, binary, threads, files):
        self.binary, self.threads = binary, threads
        self.folder = tempfile.TemporaryDirectory(prefix="weir-bench-")
        args = [binary, "local", "--data-dir", self.folder.name]
        for name, file in files.items():
            args += ["-c", f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')"]
        subprocess.run(args, check=True, stdout=subprocess.DEVNULL)

    def run(self, sql, runs):
        """Returns (rows, times in ms): the statement `runs` + 1 times in one process, the first not counted."""
        args = [self.binary, "local", "--data-dir", self.folder.name, "--threads", str(self.threads), "--format", "csv",
                "--timing"]
        for _ in range(runs + 1):
            args += ["-c", sql]
        done = subprocess.run(args, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        pieces = re.split(r"^Time: ([0-9.]+) ms$", done.stdout, flags=re.M)
        # An empty line is a row of one NULL.
        rows = [row or [""] for row in csv.reader(io.StringIO(pieces[0]))][1:]
        times = [float(t) for t in pieces[1::2]]
        return rows, times[1:]


def run_duckdb(connection, sql, runs):
    times, rows = [], None
    for _ in range(runs + 1):
        start = time.perf_counter()
        rows = connection.execute(sql).fetchall()
        times.append((time.perf_counter() - start) * 1000)
    return rows, times[1:]


def same(a, b):
    if a == "" and b is None:
        return True
    if isinstance(b, (int, float, decimal.Decimal)) and not isinstance(b, bool):
        try:
            x, y = float(a), float(b)
        except ValueError:
            return False
        return abs(x - y) <= 1e-6 * max(1.0, abs(x), abs(y))
    if isinstance(b, bool):
        return a == ("t" if b else "f")
    if isinstance(b, datetime.datetime):
        return a.split(".")[0] == str(b).split(".")[0]
    return str(a) == str(b)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--suite", default="tpch", help="tpch, tpcds, webstats, groupjoin, or a folder or file of queries")
    parser.add_argument("--tables", default="", help="of a suite by path: name=file.parquet, by commas, or a folder of files")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--rows", type=int, default=2_000_000, help="of webstats and groupjoin")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--queries", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--out", default="build/bench.json")
    options = parser.parse_args()
    if options.suite == "tpch":
        folder = pathlib.Path(options.data or f"build/tpch-sf{options.scale}").resolve()
        generate(folder, options.scale)
        files = {t: folder / f"{t}.parquet" for t in TABLES}
        queries = queries_of(HERE / "tpch") | SCANS
        size = f"scale {options.scale}"
    elif options.suite == "webstats":
        folder = pathlib.Path(options.data or "build/webstats").resolve()
        folder = folder / str(options.rows)
        generate_by(options.weir, HERE / "webstats" / "tables.sql", folder, options.rows, options.threads)
        files = files_of(folder)
        queries = queries_of(HERE / "webstats")
        size = f"{options.rows} rows"
    elif options.suite == "groupjoin":
        folder = pathlib.Path(options.data or "build/groupjoin").resolve() / str(options.rows)
        generate_by(options.weir, HERE / "groupjoin" / "tables.sql", folder, options.rows, options.threads)
        files = files_of(folder)
        even = queries_of(HERE / "groupjoin")
        # The same over skewed values and NULLs.
        queries = even | {f"{name}_skewed": re.sub(r"\b(facts|probes)\b", r"\1_skewed", text) for name, text in even.items()}
        size = f"{options.rows} rows"
    elif options.suite == "tpcds":
        folder = pathlib.Path(options.data or f"build/tpcds-sf{options.scale}").resolve()
        generate_tpcds(folder, options.scale)
        files = files_of(folder)
        queries = queries_of(folder / "queries")
        size = f"scale {options.scale}"
    else:
        files = files_of(pathlib.Path(options.tables).resolve()) if options.tables and "=" not in options.tables else {
            name: pathlib.Path(file).resolve() for name, file in
            (pair.split("=", 1) for pair in options.tables.split(",") if pair)}
        queries = queries_of(pathlib.Path(options.suite))
        size = options.suite
    if options.queries:
        queries = {k: v for k, v in queries.items() if k in options.queries.split(",")}
    weir = Weir(options.weir, options.threads, files)
    connection = duckdb.connect()
    for name, file in files.items():
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")
    connection.execute(f"set threads to {options.threads}")
    connection.execute("set parquet_metadata_cache = true")
    results, wrong = [], 0
    print(f"{size}, {options.threads} threads, median of {options.runs}, DuckDB {duckdb.__version__}")
    print(f"{'query':<18}{'weir ms':>10}{'duckdb ms':>11}{'ratio':>8}  answers")
    for name, text in queries.items():
        try:
            expected, duck = run_duckdb(connection, text, options.runs)
        except duckdb.Error as error:
            wrong += 1
            print(f"{name:<18}{'-':>10}{'-':>11}{'-':>8}  DuckDB failed: {str(error).splitlines()[0][:100]}")
            continue
        duck_ms = statistics.median(duck)
        try:
            rows, ours = weir.run(text, options.runs)
        except Exception as error:  # noqa: BLE001: reported in the table
            wrong += 1
            print(f"{name:<18}{'-':>10}{duck_ms:>11.1f}{'-':>8}  failed: {str(error).splitlines()[0][:100]}")
            results.append({"query": name, "duckdb_ms": duck_ms, "error": str(error)})
            continue
        equal = len(rows) == len(expected) and all(
            len(x) == len(y) and all(same(a, b) for a, b in zip(x, y)) for x, y in zip(rows, expected))
        wrong += not equal
        ms = statistics.median(ours)
        print(f"{name:<18}{ms:>10.1f}{duck_ms:>11.1f}{ms / duck_ms:>8.2f}  {'equal' if equal else 'DIFFERENT'}", flush=True)
        results.append({"query": name, "weir_ms": ms, "duckdb_ms": duck_ms, "ratio": ms / duck_ms, "equal": equal})
    ratios = [r["ratio"] for r in results if "ratio" in r]
    if ratios:
        print(f"geometric mean of ratios {statistics.geometric_mean(ratios):.2f}, worst {max(ratios):.2f}, "
              f"total {sum(r['weir_ms'] for r in results if 'weir_ms' in r):.0f} ms against "
              f"{sum(r['duckdb_ms'] for r in results if 'weir_ms' in r):.0f} ms")
    out = pathlib.Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"suite": options.suite, "size": size, "threads": options.threads, "runs": options.runs,
                               "duckdb": duckdb.__version__, "results": results}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
