#!/usr/bin/env python3
"""Many clients at once, short queries beside long ones, over the tables of TPC-H: throughput, and how fairly the cores are shared.

usage: clients.py --weir BINARY [--clients 32] [--seconds 20] [--scale 1] [--engines weir,duckdb] [--threads 4]

Each client asks one query after the other, chosen at random by weight. Fair sharing predicts for a query that alone takes `t` and uses `c`
of processor time, among n clients on k cores, max(t, c * n / k), where k is what the engine got of a machine that may be shared (its
processor time over the time of the run). Printed for each class of queries: the median and the 99th percentile of
what queries took over what is predicted.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import sys
import threading
import time

import services
import suites

SHORT = {
    "customer": "SELECT c_name, c_acctbal FROM customer WHERE c_custkey = {n}",
    "orders of a customer": "SELECT count(*), sum(o_totalprice) FROM orders WHERE o_custkey = {n}",
    "one order": "SELECT l_linenumber, l_quantity, l_shipmode FROM lineitem WHERE l_orderkey = {n} ORDER BY 1",
    "nations": "SELECT r_name, count(*) FROM nation JOIN region ON n_regionkey = r_regionkey GROUP BY r_name ORDER BY 1",
    "suppliers": "SELECT n_name, avg(s_acctbal) FROM supplier JOIN nation ON s_nationkey = n_nationkey GROUP BY n_name ORDER BY 1",
}
CLASSES = {"short": (list(SHORT), 8), "middle": (["q04", "q06", "q12", "q14", "q22"], 3), "long": (["q01", "q09", "q13", "q18", "q21"], 1)}


class Query:
    def __init__(self, name, kind, text):
        self.name, self.kind, self.text = name, kind, text
        self.alone = self.cpu = 0.0
        self.seconds = []

    def sql(self, source):
        return self.text.replace("{n}", str(source.randrange(1, 150_000)))

    def fair(self, clients, cores):
        return max(self.alone, self.cpu * clients / cores)


def measure_alone(service, queries):
    """Wall and processor time of each query with nothing beside it."""
    client, source = service.connect(), random.Random(1)
    for query in queries:
        client.query(query.sql(source))
        times, used = [], service.cpu_seconds()
        end = time.monotonic() + 0.5   # processor time comes in steps of 10 ms
        while len(times) < 3 or time.monotonic() < end:
            start = time.perf_counter()
            client.query(query.sql(source))
            times.append(time.perf_counter() - start)
        query.alone, query.cpu = statistics.median(times), (service.cpu_seconds() - used) / len(times)
    client.close()


def run_clients(service, queries, count, seconds):
    """All clients until the time is over; queries count that ended within it."""
    weights = [CLASSES[q.kind][1] / len(CLASSES[q.kind][0]) for q in queries]
    errors, barrier, lock = [], threading.Barrier(count), threading.Lock()

    def go(index):
        client, source = service.connect(), random.Random(index)
        barrier.wait()
        deadline = time.perf_counter() + seconds
        while True:
            query = source.choices(queries, weights)[0]
            start = time.perf_counter()
            try:
                client.query(query.sql(source))
            except Exception as error:  # noqa: BLE001: counted and shown
                errors.append(f"{query.name}: {error}")
                break
            end = time.perf_counter()
            if end > deadline:
                break
            with lock:
                query.seconds.append(end - start)
        client.close()

    threads = [threading.Thread(target=go, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def measure(name, options, files, texts):
    service = services.start(name, options, files, options.threads)
    queries = [Query(n, kind, SHORT.get(n) or texts[n]) for kind, (names, _) in CLASSES.items() for n in names]
    try:
        measure_alone(service, queries)
        used, start = service.cpu_seconds(), time.perf_counter()
        errors = run_clients(service, queries, options.clients, options.seconds)
        cores = min(options.threads, (service.cpu_seconds() - used) / (time.perf_counter() - start))
    finally:
        service.close()
    out = {"engine": name, "per_second": sum(len(q.seconds) for q in queries) / options.seconds, "cores": cores, "errors": errors, "classes": {},
           "queries": {q.name: {"count": len(q.seconds), "alone_ms": q.alone * 1000, "cpu_ms": q.cpu * 1000, "p50_ms": services.percentile(q.seconds, 0.5) * 1000,
                                "p99_ms": services.percentile(q.seconds, 0.99) * 1000} for q in queries if q.seconds}}
    for kind in CLASSES:
        mine = [q for q in queries if q.kind == kind]
        all_ms = [s * 1000 for q in mine for s in q.seconds]
        over = [s / q.fair(options.clients, cores) for q in mine for s in q.seconds]
        if not over:
            continue
        out["classes"][kind] = {
            "queries": len(all_ms), "alone_ms": statistics.mean(q.alone for q in mine) * 1000, "cpu_ms": statistics.mean(q.cpu for q in mine) * 1000,
            "p50_ms": services.percentile(all_ms, 0.5), "p99_ms": services.percentile(all_ms, 0.99),
            "p50_over_fair": services.percentile(over, 0.5), "p99_over_fair": services.percentile(over, 0.99)}
    return out


def show(result):
    for kind, c in result["classes"].items():
        print(f"{result['engine']:<15}{kind:<8}{c['queries']:>8}{c['alone_ms']:>10.1f}{c['cpu_ms']:>10.1f}{c['p50_ms']:>10.1f}{c['p99_ms']:>10.1f}"
              f"{c['p50_over_fair']:>14.2f}{c['p99_over_fair']:>14.2f}")
    print(f"{result['engine']:<15}{result['per_second']:.1f} queries/s on {result['cores']:.1f} cores" + (f", {len(result['errors'])} failed: {result['errors'][0]}" if result["errors"] else ""),
          flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--engines", default="weir,duckdb", help=", ".join(services.SERVICES))
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--scale", default="1")
    parser.add_argument("--data", default="")
    parser.add_argument("--out", default="build/bench-clients.json")
    options = parser.parse_args()
    suite = suites.tpch(options)
    print(f"{options.clients} clients, {options.seconds:g} s, TPC-H {suite.size}, {options.threads} threads")
    print(f"{'engine':<15}{'class':<8}{'queries':>8}{'alone ms':>10}{'cpu ms':>10}{'p50 ms':>10}{'p99 ms':>10}{'p50 over fair':>14}{'p99 over fair':>14}")
    results = []
    for name in options.engines.split(","):
        results.append(measure(name, options, suite.files, suite.queries))
        show(results[-1])
    out = pathlib.Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"clients": options.clients, "seconds": options.seconds, "size": suite.size, "results": results}, indent=1))
    return 1 if any(r["errors"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
