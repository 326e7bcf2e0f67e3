#!/usr/bin/env python3
"""Random schemas, rows and queries: Weir against PostgreSQL. See README.md.

usage: differential_test.py WEIR [--seconds 20] [--seed N] [--failures-max 1] [--schema N] [--config NAME]... [--verbose]
"""
import argparse
import collections
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from compare import judge  # noqa: E402
from engines import DuckDb, Postgres, Session, Weir, postgres_bin  # noqa: E402
from generator import Generator, make_tables  # noqa: E402
from query_tree import reduce_tree  # noqa: E402

SKIPPED = 77
QUERIES_PER_SCHEMA = 150

UTC = "SET timezone = 'UTC'"
TIME_LIMIT = "SET statement_timeout = '10s'"
CONFIGS = pathlib.Path(__file__).resolve().parent.parent / "configs"


def settings_of(config, schema):
    """The SET statements of a file of tests/configs; seeds become others with each schema."""
    statements = []
    for line in (CONFIGS / f"{config}.conf").read_text().splitlines():
        name, equals, value = line.partition("=")
        if line.startswith("#") or not equals:
            continue
        if name.endswith("_seed"):
            value = str(int(value) + schema)
        statements.append(f"SET {name} = '{value}'")
    return statements


class Pair:
    """Both engines with the same tables."""

    def __init__(self, weir, postgres, settings):
        self.weir_engine = weir
        self.weir, self.postgres = Session(weir, [TIME_LIMIT, UTC] + settings), Session(postgres, [TIME_LIMIT, UTC, "SET client_min_messages = error"])
        self.tables = []

    def load(self, tables):
        for old in {t.name for t in self.tables} | {t.name for t in tables}:
            for session in (self.weir, self.postgres):
                session.run(f"DROP TABLE IF EXISTS {old}")
        self.tables = tables
        for table in tables:
            for sql in (table.create(), table.insert()):
                if sql is None:
                    continue
                for session in (self.weir, self.postgres):
                    outcome = session.run(sql)
                    if outcome.rows is None:
                        raise RuntimeError(f"{sql}: {outcome}")

    def ask(self, sql, ordered):
        reference = self.postgres.run(sql)
        weir = self.weir.run(sql)
        return judge(weir, reference, ordered), weir, reference


def reduce_rows(pair, sql, ordered, verdict):
    """Leaves out rows of the tables as long as the engines disagree in the same way."""
    end = time.monotonic() + 15
    for table in pair.tables:
        size = max(1, len(table.rows) // 2)
        while size >= 1 and table.rows:
            at = 0
            while at < len(table.rows) and time.monotonic() < end:
                kept = table.rows
                table.rows = kept[:at] + kept[at + size:]
                pair.load(pair.tables)
                if pair.ask(sql, ordered)[0] != verdict:
                    table.rows = kept
                    at += size
            size //= 2
    pair.load(pair.tables)


def report(pair, sql, ordered, name, tree):
    """Makes the case small and prints it as a script with both answers."""
    verdict, weir, reference = pair.ask(sql, ordered)
    if verdict[0] != "lost":
        reduce_tree(tree, lambda text: pair.ask(text, ordered)[0] == verdict)
        sql = str(tree)
        reduce_rows(pair, sql, ordered, verdict)
        reduce_tree(tree, lambda text: pair.ask(text, ordered)[0] == verdict)
        sql = str(tree)
        verdict, weir, reference = pair.ask(sql, ordered)
    print(f"\n==== {name}: {verdict[0]}")
    for table in pair.tables:
        if table.name in sql:
            print(f"{table.create()};")
            if table.rows:
                print(f"{table.insert()};")
    print(f"{sql};\n-- weir: {weir}\n-- postgres: {reference}")
    try:
        third = DuckDb()
    except ImportError:
        return
    for table in pair.tables:
        for statement in (table.create(), table.insert()):
            if statement:
                third.run(statement)
    print(f"-- duckdb: {third.run(sql)}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--failures-max", type=int, default=1, help="stop after so many; all make the test fail")
    parser.add_argument("--schema", type=int, default=0, help="the first schema, to repeat one that was printed")
    parser.add_argument("--config", action="append", default=[], help="settings of tests/configs/NAME.conf for Weir; may be repeated")
    parser.add_argument("--verbose", action="store_true", help="also one query of every verdict that is no failure")
    options = parser.parse_args()
    if postgres_bin() is None:
        print("skipped: no PostgreSQL server programs (Debian package postgresql)")
        return SKIPPED
    print(f"seed {options.seed}", flush=True)
    postgres = Postgres()
    weir = None
    verdicts, examples, failures, queries = collections.Counter(), {}, 0, 0
    started = time.monotonic()
    try:
        weir = Weir(options.weir)
        end, schema = time.monotonic() + options.seconds, options.schema
        while time.monotonic() < end and failures < options.failures_max:
            # A schema's number is part of its seed, so that one can be repeated alone.
            generator_random = random.Random(f"{options.seed}/{schema}")
            pair = Pair(weir, postgres, [s for config in options.config for s in settings_of(config, schema)])
            tables = make_tables(generator_random)
            pair.load(tables)
            generator = Generator(generator_random, tables)
            for number in range(QUERIES_PER_SCHEMA):
                if time.monotonic() >= end:
                    break
                tree, ordered = generator.top()
                sql = str(tree)
                (verdict, fault), ours, theirs = pair.ask(sql, ordered)
                queries += 1
                verdicts[verdict] += 1
                if not fault:
                    examples.setdefault((verdict, ours.error, theirs.error), (sql, ours, theirs))
                    continue
                failures += 1
                report(pair, sql, ordered, f"seed {options.seed}, schema {schema}, query {number}", tree)
                if not weir.alive():
                    print("the server died:\n" + "".join(weir.server.lines[-40:]))
                    weir.stop()
                    weir = Weir(options.weir)
                    failures = max(failures, 1)
                if failures >= options.failures_max:
                    break
                # Reduced rows and a used-up generator: go on with the next schema.
                break
            for session in (pair.weir, pair.postgres):
                for table in pair.tables:
                    session.run(f"DROP TABLE IF EXISTS {table.name}")
                session.close()
            schema += 1
    finally:
        postgres.stop()
        if weir is not None:
            weir.stop()
    if options.verbose:
        for (verdict, ours, theirs), (sql, a, b) in examples.items():
            if verdict not in ("same", "same error"):
                print(f"\n---- {verdict} (weir {ours}, postgres {theirs})\n{sql}\n-- weir: {a}\n-- postgres: {b}\n-- types {a.oids} {b.oids}")
    print(f"{queries} queries over {schema - options.schema} schemas in {time.monotonic() - started:.0f} s, {failures} failures: " +
          ", ".join(f"{name} {count}" for name, count in verdicts.most_common()))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
