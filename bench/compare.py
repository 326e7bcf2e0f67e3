#!/usr/bin/env python3
"""Weir, DuckDB and ClickHouse side by side on the same data in one run: same threads, medians, answers compared.

usage: compare.py --weir BINARY [--suite tpch|tpcds|webstats|groupjoin|json|PATH] [--engines weir,duckdb] [--threads 4,1] [--cold]
                  [--scale 1] [--rows 2000000] [--runs 5] [--queries q01,q06] [--data DIR] [--tables name=file.parquet,...] [--out FILE]

Engines: weir and duckdb read the Parquet files, weir-tables and duckdb-tables have loaded them, clickhouse (package chdb) reads the files.
Hot runs find what a first run left in caches; with --cold each is a new process's first, of files that are in no cache.
A suite given as a path is a folder of *.sql files, one query each, or one file of queries ended by semicolons; --tables says which
file each table is, or which folder has them all. Data and queries of tpcds are those of DuckDB's extension (pip install
duckdb-extension-tpcds, of DuckDB's version) and are kept beside the data.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import engines
import suites


def measure(suite, options, threads, folder):
    """Runs every query on every engine; prints a line for each. Returns the results."""
    names = options.engines.split(",")
    running = {name: engines.ENGINES[name](options, suite.files, threads, f"{folder}/{name}") for name in names}
    pairs = [(a, b) for a, b in engines.PAIRS if a in names and b in names]
    print(f"{options.suite}, {suite.size}, {threads} threads, {'cold' if options.cold else 'hot'}, median of {options.runs}")
    print(f"{'query':<18}" + "".join(f"{name + ' ms':>17}" for name in names) + "".join(f"{a + '/' + b:>26}" for a, b in pairs) + "  answers")
    results = []
    for query in suite.names():
        result = {"query": query, "ms": {}, "peak": {}, "errors": {}, "different": []}
        expected = None
        for name in names:
            try:
                run = running[name].run(suite.text(query, name), options.runs)
            except Exception as error:  # noqa: BLE001: reported in the table
                result["errors"][name] = str(error)
                continue
            result["ms"][name] = statistics.median(run.times)
            result["peak"][name] = run.peak
            if expected is None:
                expected = run.rows
            elif not engines.same_rows(expected, run.rows):
                result["different"].append(name)
        results.append(result)
        print(line_of(result, names, pairs), flush=True)
    for engine in running.values():
        engine.close()
    summarise(results, names, pairs)
    return results


def line_of(result, names, pairs):
    ms = result["ms"]
    line = f"{result['query']:<18}" + "".join(f"{ms[name]:>17.1f}" if name in ms else f"{'-':>17}" for name in names)
    line += "".join(f"{ms[a] / ms[b]:>26.2f}" if a in ms and b in ms else f"{'-':>26}" for a, b in pairs)
    remarks = [f"{name} DIFFERENT" for name in result["different"]]
    remarks += [f"{name} failed: {error.splitlines()[0][:100]}" for name, error in result["errors"].items()]
    return line + "  " + ("; ".join(remarks) or "equal")


def summarise(results, names, pairs):
    for a, b in pairs:
        both = [r["ms"] for r in results if a in r["ms"] and b in r["ms"]]
        if both:
            ratios = [ms[a] / ms[b] for ms in both]
            print(f"{a}/{b}: geometric mean {statistics.geometric_mean(ratios):.2f}, worst {max(ratios):.2f}, "
                  f"total {sum(ms[a] for ms in both):.0f} ms against {sum(ms[b] for ms in both):.0f} ms, {len(both)} queries")
    peaks = {name: max((r["peak"][name] for r in results if name in r["peak"]), default=0) for name in names}
    print("peak memory: " + ", ".join(f"{name} {peak / 2**20:.0f} MiB" for name, peak in peaks.items()) + "\n")


def show_scaling(tables):
    """How much faster each engine is with more threads: the geometric mean over the queries that all thread counts have."""
    tables = sorted(tables, key=lambda table: table["threads"])
    base, by_name = tables[0], {}
    for table in tables[1:]:
        for one, many in zip(base["results"], table["results"]):
            for name in one["ms"].keys() & many["ms"].keys():
                by_name.setdefault(name, {}).setdefault(table["threads"], []).append(one["ms"][name] / many["ms"][name])
    for name, factors in by_name.items():
        print(f"{name}: " + ", ".join(f"{statistics.geometric_mean(f):.2f} times as fast with {n} threads as with {base['threads']} (worst {min(f):.2f})"
                                      for n, f in factors.items()))


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=suites.HERE)
    return done.stdout.strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--weir-options", default="", help="further options of `weir local`, such as --page-cache=0")
    parser.add_argument("--suite", default="tpch", help="tpch, tpcds, webstats, groupjoin, json, or a folder or file of queries")
    parser.add_argument("--engines", default="weir,duckdb", help=", ".join(engines.ENGINES))
    parser.add_argument("--tables", default="", help="of a suite by path: name=file.parquet, by commas, or a folder of files")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--rows", type=int, default=2_000_000, help="of webstats, groupjoin and json")
    parser.add_argument("--threads", default=str(os.cpu_count()), help="one number, or several by commas")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--queries", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--out", default="build/bench.json")
    options = parser.parse_args()
    unknown = [name for name in options.engines.split(",") if name not in engines.ENGINES]
    if unknown:
        parser.error(f"no engine {unknown[0]}; there are {', '.join(engines.ENGINES)}")
    suite = suites.load(options)
    tables = []
    with tempfile.TemporaryDirectory(prefix="weir-bench-", dir=options.data or None) as folder:
        for threads in options.threads.split(","):
            tables.append({"threads": int(threads), "results": measure(suite, options, int(threads), folder)})
    if len(tables) > 1:
        show_scaling(tables)
    out = pathlib.Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"suite": options.suite, "size": suite.size, "commit": commit(), "cold": options.cold, "runs": options.runs,
                               "tables": tables}, indent=1))
    # ClickHouse may not know a query, or mean something else by it.
    ours = [r for table in tables for r in table["results"]]
    wrong = [r for r in ours if any(n != "clickhouse" for n in [*r["errors"], *r["different"]])]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
