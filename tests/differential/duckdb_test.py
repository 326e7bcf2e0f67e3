#!/usr/bin/env python3
"""Random queries over what PostgreSQL does not have (QUALIFY, GROUP BY ALL, PIVOT, EXCLUDE and REPLACE, lambdas, ASOF joins, functions
of lists): Weir against DuckDB. Skipped where Python has no duckdb. See README.md.

usage: duckdb_test.py WEIR [--seconds 20] [--seed N] [--failures-max 1] [--config NAME]... [--verbose]
"""
import argparse
import collections
import datetime
import decimal
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from compare import same_rows  # noqa: E402
from differential_test import SKIPPED, TIME_LIMIT, settings_of  # noqa: E402
from engines import Outcome, Session, Weir  # noqa: E402

# What the two write differently: (Weir, DuckDB).
LAMBDA = ("x -> ", "lambda x: ")


class Query:
    """One text with {placeholders} for what the dialects write differently."""

    def __init__(self, text, features):
        self.text, self.features = text, features

    def of(self, dialect):
        return self.text.replace("@lambda@", LAMBDA[dialect])


def text_of(value):
    """A value of DuckDB's Python client as PostgreSQL writes it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value).removesuffix(".0") if value == value else "NaN"
    if isinstance(value, (list, tuple)):
        return "{" + ",".join("NULL" if v is None else quoted(text_of(v)) for v in value) + "}"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def quoted(text):
    return f'"{text}"' if text == "" or text.upper() == "NULL" or any(c in text for c in ' ,"{}\\') else text


class DuckSession:
    def __init__(self):
        import duckdb
        self.module, self.connection = duckdb, duckdb.connect()

    def run(self, sql):
        try:
            rows = self.connection.execute(sql).fetchall()
            return Outcome([[text_of(cell) for cell in row] for row in rows], [])
        except self.module.Error as error:
            return Outcome(error=type(error).__name__, message=str(error).splitlines()[0])


class Tables:
    """t: rows with NULLs and duplicates; u: one row for each (k, ts)."""

    def __init__(self, rnd):
        nulls = rnd.choice([0, 0.1, 0.3])

        def maybe(text):
            return "NULL" if rnd.random() < nulls else str(text)

        def int_list():
            return "ARRAY[" + ", ".join(maybe(rnd.randint(-3, 9)) for _ in range(rnd.choice([0, 1, 2, 3, 6]))) + "]::int[]"

        self.statements = [
            "DROP TABLE IF EXISTS t", "DROP TABLE IF EXISTS u",
            "CREATE TABLE t (id int, g text, k int, v int, b boolean, l int[], w text[])", "CREATE TABLE u (k int, ts int, p int)"]
        rows = [f"({i}, {maybe(repr(rnd.choice(['a', 'b', 'c', 'Dd', ''])))}, {maybe(rnd.randint(0, 3))}, {maybe(rnd.randint(-9, 30))}, "
                f"{maybe(rnd.choice(['true', 'false']))}, {maybe(int_list())}, "
                f"{maybe('ARRAY[' + ', '.join(maybe(repr(rnd.choice(['x', 'yy', '', 'a b']))) for _ in range(rnd.randint(0, 3))) + ']::text[]')})"
                for i in range(rnd.choice([0, 1, 5, 20, 50]))]
        if rows:
            self.statements.append("INSERT INTO t VALUES " + ", ".join(rows))
        keys = {(rnd.randint(0, 3), rnd.randint(-9, 30)) for _ in range(rnd.choice([0, 3, 15, 30]))}
        if keys:
            self.statements.append("INSERT INTO u VALUES " + ", ".join(f"({k}, {at}, {maybe(rnd.randint(0, 99))})" for k, at in sorted(keys)))


class Generator:
    def __init__(self, rnd):
        self.random = rnd

    def pick(self, *choices):
        return self.random.choice(choices)

    def int(self, depth=2):
        if depth == 0 or self.random.random() < 0.3:
            return self.pick("id", "k", "v", "1", "-2", "7", "NULL::int")
        a, b = self.int(depth - 1), self.int(depth - 1)
        return self.pick(f"({a} + {b})", f"({a} - {b})", f"coalesce({a}, {b})", f"nullif({a}, {b})", f"greatest({a}, {b})",
                         f"CASE WHEN {self.cond(depth - 1)} THEN {a} ELSE {b} END", f"abs({a})", self.of_list(depth - 1))

    def of_list(self, depth):
        """An int of a list."""
        xs = self.list(depth)
        return self.pick(f"len({xs})::int", f"list_sum({xs})::int", f"list_min({xs})", f"list_max({xs})", f"list_position({xs}, {self.pick('1', '5')})::int",
                         f"({xs})[{self.pick('1', '2')}]", f"list_extract({xs}, {self.pick('1', '2')})", f"array_length({xs})::int",
                         f"list_count({xs})::int", f"list_unique({xs})::int", f"list_first({xs})", f"list_last({xs})", f"list_product({xs})::int")

    def list(self, depth=2):
        if depth <= 0 or self.random.random() < 0.3:
            return self.pick("l", "l", "ARRAY[1, k, NULL]::int[]", "ARRAY[v, id]::int[]", "ARRAY[]::int[]")
        xs, ys = self.list(depth - 1), self.list(depth - 1)
        return self.pick(
            f"list_transform({xs}, @lambda@{self.body()})", f"list_filter({xs}, @lambda@{self.body_condition()})", f"list_concat(coalesce({xs}, ARRAY[3]::int[]), coalesce({ys}, ARRAY[4]::int[]))",
            f"list_sort({xs}, 'ASC', 'NULLS {self.pick('FIRST', 'LAST')}')", f"list_reverse({xs})", f"list_slice({xs}, {self.pick('1', '2')}, {self.pick('2', '3')})",
            f"list_append({xs}, {self.pick('1', 'k', 'NULL::int')})", f"list_prepend({self.pick('1', 'k')}, {xs})", f"list_sort(list_distinct(list_filter({xs}, @lambda@x IS NOT NULL)))",
            f"({xs})[{self.pick('1', '2')}:{self.pick('2', '3')}]", f"range({self.pick('0', '3')})::int[]", f"list_sort({xs})", f"list_reverse_sort({xs})",
            f"list_sort(list_intersect(list_filter({xs}, @lambda@x IS NOT NULL), {ys}))", f"flatten(ARRAY[{xs}, {ys}])")

    def body(self):
        return self.pick("x + 1", "x * 2 - k", "coalesce(x, 0)", "CASE WHEN x > 2 THEN x ELSE v END", "x + len(l)::int", "NULL::int")

    def body_condition(self):
        return self.pick("x > 1", "x IS NOT NULL", "x % 2 = 0", "x = k OR x IS NULL", "x < v", "b")

    def cond(self, depth=2):
        a, b = self.int(max(depth - 1, 0)), self.int(max(depth - 1, 0))
        return self.pick(f"{a} > {b}", f"{a} = {b}", f"{a} IS NULL", "b", f"NOT ({a} <= {b})", f"list_contains({self.list(1)}, {self.pick('1', '5')})",
                         f"{a} IS DISTINCT FROM {b}", f"list_has_any({self.list(1)}, {self.list(1)})", f"list_has_all({self.list(1)}, {self.list(1)})", "g > 'a'")

    def aggregate(self):
        x = self.int(1)
        return self.pick("count(*)", f"count({x})", f"sum({x})", f"min({x})", f"max({x})", f"count(DISTINCT {x})", f"bool_or({self.cond(1)})",
                         f"sum({x}) FILTER (WHERE {self.cond(1)})", "max_by(v, id)", "min_by(v, id)", "arg_max(g, id)", f"list({x} ORDER BY id)",
                         "first(v ORDER BY id)", "last(v ORDER BY id)", f"coalesce(count_if({self.cond(1)}), 0)", "string_agg(g, ',' ORDER BY id)", f"median({x})::double",
                         f"quantile_cont({x}, 0.25)::double", "bit_xor(k)", "any_value(k ORDER BY id)", "list_sort(list(DISTINCT k))")

    def window(self):
        over = self.pick("PARTITION BY g ", "PARTITION BY k, b ", "") + "ORDER BY id" + self.pick("", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
                         " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW")
        return self.pick("row_number()", "rank()", f"sum({self.int(1)})", "lag(v)", "lag(v IGNORE NULLS)", "first_value(v)", "count(*)", "max(k)",
                         "dense_rank()", "last_value(v)") + f" OVER ({over})"

    def where(self):
        return f" WHERE {self.cond()}" if self.random.random() < 0.4 else ""

    def query(self):
        return getattr(self, self.pick("group_by_all", "qualify", "star", "pivot", "unpivot", "asof", "lists", "by_name", "distinct_on", "semi", "lateral"))()

    def group_by_all(self):
        keys = [self.pick("g", "k", "b", "v % 3", "l", "list_sort(l)") for _ in range(self.random.randint(0, 2))]
        items = keys + [self.aggregate() for _ in range(self.random.randint(1, 3))]
        self.random.shuffle(items)
        return Query(f"SELECT {', '.join(items)} FROM t{self.where()} GROUP BY ALL" + self.pick("", " HAVING count(*) > 1"), "GROUP BY ALL")

    def qualify(self):
        condition = self.pick(f"{self.window()} > {self.pick('1', 'k')}", "wi = 1", "wi % 2 = 0", f"wi > 1 AND {self.cond(1)}", f"{self.window()} IS NULL")
        return Query(f"SELECT id, g, {self.window()} AS wi FROM t{self.where()} QUALIFY {condition}", "QUALIFY")

    def star(self):
        out = self.random.sample(["g", "k", "b", "l", "w"], self.random.randint(0, 3))
        star = self.pick("*", "t.*")
        if out:
            star += f" EXCLUDE ({', '.join(out)})"
        if self.random.random() < 0.6:
            star += f" REPLACE ({self.int()} AS v" + (f", {self.int()} AS id" if self.random.random() < 0.3 else "") + ")"
        return Query(f"SELECT {star}{self.pick('', ', ' + self.int())} FROM t{self.where()}", "EXCLUDE/REPLACE")

    def pivot(self):
        call = self.pick("sum(v)", "count(*)", "max(id)", "list(v ORDER BY id)", "sum(v) AS s, count(*) AS c")
        if self.random.random() < 0.5:
            return Query(f"PIVOT (SELECT g, k, v, id FROM t{self.where()}) ON k IN (0, 1, {self.pick('2', '9')}) USING {call} GROUP BY g", "PIVOT")
        return Query(f"SELECT * FROM (SELECT g, k, v FROM t{self.where()}) AS s PIVOT ({self.pick('sum(v)', 'max(v) AS m', 'count(v)')} FOR k IN (1, 2, 3))", "PIVOT")

    def unpivot(self):
        return Query(f"SELECT * FROM (SELECT id, k, v, {self.int()} AS z FROM t) AS s UNPIVOT {self.pick('', 'INCLUDE NULLS ')}(val FOR col IN (k, v, z))", "UNPIVOT")

    def asof(self):
        op = self.pick(">=", ">", "<=", "<")
        kind = self.pick("ASOF JOIN", "ASOF LEFT JOIN")
        return Query(f"SELECT t.id, u.ts, u.p, {self.pick('t.v - u.ts', 'coalesce(u.p, -1)')} FROM t {kind} u ON t.k = u.k AND t.v {op} u.ts", "ASOF")

    def lists(self):
        texts = self.pick("list_sort(w)", "list_transform(w, @lambda@upper(x))", "list_contains(w, 'x')", "w")
        return Query(f"SELECT id, {self.list(3)}, {self.of_list(2)}, {texts} FROM t{self.where()}", "lists")

    def by_name(self):
        return Query(f"SELECT id, k AS a, v FROM t{self.where()} UNION {self.pick('', 'ALL ')}BY NAME SELECT p AS v, k AS c, ts AS id FROM u", "BY NAME")

    def distinct_on(self):
        return Query(f"SELECT DISTINCT ON (g) g, id, {self.int(1)} FROM t{self.where()} ORDER BY g NULLS LAST, t.id {self.pick('', 'DESC')}", "DISTINCT ON")

    def semi(self):
        return Query(f"SELECT id, v FROM t {self.pick('SEMI', 'ANTI')} JOIN u ON t.k = u.k{self.pick('', ' AND t.v > u.ts')}", "SEMI/ANTI")

    def lateral(self):
        return Query(f"SELECT id, unnest({self.list(2)}) AS e FROM t{self.where()}", "unnest")


def judge(weir, duck):
    if weir.lost:
        return "lost", True
    if weir.error == "XX000" or (weir.error or "").startswith("58"):
        return "internal error", True
    if weir.error == "57014":
        return "too slow", False
    if duck.error:
        return ("both fail" if weir.error else "only DuckDB fails"), False
    if weir.error in ("0A000", "42883", "42601", "42804", "42846"):
        return "not in Weir", False
    if weir.error and weir.error[:2] == "22":
        return "only Weir fails for a value", False  # ranges of int
    if weir.error:
        return "only Weir fails", True
    oids = [701 if any(row[i] is not None and any(c in row[i] for c in ".e") for row in weir.rows + duck.rows if i < len(row)) else 0
            for i in range(len(weir.rows[0]) if weir.rows else 0)]
    return ("same", False) if same_rows(weir.rows, duck.rows, oids, False) else ("different rows", True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weir")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--failures-max", type=int, default=1)
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--verbose", action="store_true", help="also one query of every verdict that is no failure")
    options = parser.parse_args()
    try:
        duck = DuckSession()
    except ImportError:
        print("skipped: Python has no duckdb")
        return SKIPPED
    print(f"seed {options.seed}", flush=True)
    verdicts, examples, failures, schema, queries = collections.Counter(), {}, 0, 0, 0
    weir_server = Weir(options.weir)
    try:
        end = time.monotonic() + options.seconds
        while time.monotonic() < end and failures < options.failures_max:
            rnd = random.Random(f"{options.seed}/{schema}")
            weir = Session(weir_server, [TIME_LIMIT] + [s for config in options.config for s in settings_of(config, schema)])
            tables = Tables(rnd)
            for statement in tables.statements:
                for session in (weir, duck):
                    outcome = session.run(statement)
                    if outcome.rows is None:
                        raise RuntimeError(f"{statement}: {outcome}")
            generator = Generator(rnd)
            for _ in range(100):
                if time.monotonic() >= end or failures >= options.failures_max:
                    break
                query = generator.query()
                ours, theirs = weir.run(query.of(0)), duck.run(query.of(1))
                verdict, fault = judge(ours, theirs)
                queries += 1
                verdicts[verdict] += 1
                if not fault:
                    examples.setdefault((verdict, ours.error, theirs.error, query.features), (query, ours, theirs))
                    continue
                failures += 1
                print(f"\n==== seed {options.seed}, schema {schema}, {query.features}: {verdict}")
                print("".join(f"{statement};\n" for statement in tables.statements[2:]) + f"{query.of(0)};\n-- weir: {ours}\n-- duckdb: {theirs}", flush=True)
            weir.close()
            schema += 1
    finally:
        weir_server.stop()
    if options.verbose:
        for (verdict, ours, theirs, features), (query, a, b) in sorted(examples.items(), key=lambda item: str(item[0])):
            if verdict != "same":
                print(f"\n---- {features}: {verdict} (weir {ours}, duckdb {theirs})\n{query.of(0)}\n-- weir: {a}\n-- duckdb: {b}")
    print(f"{queries} queries over {schema} schemas, {failures} failures: " + ", ".join(f"{n} {c}" for n, c in verdicts.most_common()))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
