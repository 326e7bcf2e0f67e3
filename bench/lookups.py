#!/usr/bin/env python3
"""Point and short-range lookups by prepared statements: latency of one client and executions per second of several, answers compared.

usage: lookups.py --weir BINARY [--rows 10000000] [--engines weir,duckdb,weir-tables,duckdb-tables] [--seconds 3] [--clients 8] [--threads 4]

Weir is asked over the PostgreSQL protocol, DuckDB within the process, so Weir's latencies hold a round trip that DuckDB's do not (the
statement `nothing` shows how long that is).
"""
import argparse
import dataclasses
import json
import os
import pathlib
import random
import statistics
import sys
import threading
import time

import engines
import services
import suites


@dataclasses.dataclass
class Lookup:
    sql: str
    types: list
    values: object   # (random source, rows) -> parameters


def second(n):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1_767_225_600 + n))


LOOKUPS = {
    "nothing": Lookup("SELECT $1::bigint + 1", ["bigint"], lambda r, rows: [r.randrange(rows)]),
    "by key": Lookup("SELECT id, customer, amount, note FROM bookings WHERE id = $1", ["bigint"], lambda r, rows: [r.randrange(1, rows)]),
    "no such key": Lookup("SELECT id, note FROM bookings WHERE id = $1", ["bigint"], lambda r, rows: [rows + r.randrange(rows)]),
    "100 keys": Lookup("SELECT count(*), sum(amount) FROM bookings WHERE id BETWEEN $1 AND $1 + 99", ["bigint"], lambda r, rows: [r.randrange(1, rows)]),
    "a minute": Lookup("SELECT count(*), sum(amount), max(note) FROM bookings WHERE booked >= $1::timestamp AND booked < $1::timestamp + INTERVAL '1 minute'", ["timestamp"],
                       lambda r, rows: [second(r.randrange(rows // 10))]),
    "by customer": Lookup("SELECT id, amount FROM bookings WHERE customer = $1 ORDER BY id", ["bigint"], lambda r, rows: [r.randrange(1, rows // 20)]),
    "newest": Lookup("SELECT id, note FROM bookings WHERE booked < $1::timestamp ORDER BY booked DESC, id DESC LIMIT 10", ["timestamp"],
                     lambda r, rows: [second(r.randrange(1, rows // 10))]),
}


def files_for(options):
    folder = pathlib.Path(options.data or "build/lookups").resolve() / str(options.rows)
    suites.generate_by(options.weir, suites.HERE / "lookups" / "tables.sql", folder, options.rows)
    return suites.files_of(folder)


def run_one(service, lookup, rows, seconds, seed):
    """Answers of the first hundred, and the milliseconds of each execution after those."""
    client, source = service.connect(), random.Random(seed)
    client.prepare("lookup", lookup.sql, lookup.types)
    answers = [client.execute("lookup", lookup.values(source, rows)) for _ in range(100)]
    times, deadline = [], time.perf_counter() + seconds
    end = 0
    while end < deadline:
        values = lookup.values(source, rows)
        start = time.perf_counter()
        client.execute("lookup", values)
        end = time.perf_counter()
        times.append((end - start) * 1000)
    client.close()
    return answers, times


def run_many(service, lookup, options):
    counts = []

    def go(seed):
        counts.append(len(run_one(service, lookup, options.rows, options.seconds, seed)[1]))
    threads = [threading.Thread(target=go, args=(seed,)) for seed in range(options.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / options.seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--engines", default="weir,duckdb,weir-tables,duckdb-tables", help=", ".join(services.SERVICES))
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--lookups", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--out", default="build/bench-lookups.json")
    options = parser.parse_args()
    files = files_for(options)
    chosen = {name: lookup for name, lookup in LOOKUPS.items() if not options.lookups or name in options.lookups.split(",")}
    print(f"lookups, {options.rows} rows, {options.threads} threads, {options.seconds:g} s each")
    print(f"{'engine':<15}{'lookup':<14}{'median ms':>10}{'p99 ms':>10}{'a second':>10}{f'of {options.clients} clients':>15}  answers")
    expected, results, wrong = {}, [], False
    for engine in options.engines.split(","):
        service = services.start(engine, options, files, options.threads)
        try:
            for name, lookup in chosen.items():
                answers, times = run_one(service, lookup, options.rows, options.seconds, seed=0)
                many = run_many(service, lookup, options)
                equal = all(map(engines.same_rows, expected.setdefault(name, answers), answers))
                wrong = wrong or not equal
                result = {"engine": engine, "lookup": name, "median_ms": statistics.median(times), "p99_ms": services.percentile(times, 0.99),
                          "per_second": len(times) / options.seconds, "per_second_of_clients": many}
                results.append(result)
                print(f"{engine:<15}{name:<14}{result['median_ms']:>10.3f}{result['p99_ms']:>10.3f}{result['per_second']:>10.0f}{many:>15.0f}"
                      f"  {'equal' if equal else 'DIFFERENT'}", flush=True)
        finally:
            service.close()
    out = pathlib.Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"rows": options.rows, "clients": options.clients, "results": results}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
