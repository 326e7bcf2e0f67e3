#!/usr/bin/env python3
"""Holds sqllogictest files against PostgreSQL: a cluster of its own runs every record, and what it answers otherwise is printed.

usage: slt_oracle.py [--update] [--weir BINARY] FILE|FOLDER...

--update writes PostgreSQL's answers into the files as expectations, so that each difference of Weir's becomes a failure of
slt_runner. --weir asks a server of that binary too, and prints where error messages, positions, column names or types differ.
Records after `skipif postgres` are Weir's own: features that PostgreSQL lacks, and differences that docs/sql.md lists."""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engines  # noqa: E402
from engines import pg_raw  # noqa: E402

LETTERS = {16: "B", 20: "I", 21: "I", 23: "I", 26: "I", 700: "R", 701: "R", 1700: "R"}


class Record:
    def __init__(self, header, sql):
        self.header, self.sql, self.expected, self.skip = header, sql, None, False

    def statement(self, folder):
        return "\n".join(self.sql).replace("${TMP}", folder)


def read(path):
    """The file as a list of lines (kept as they are) and records."""
    lines, items, skip = pathlib.Path(path).read_text().split("\n"), [], False
    if lines and lines[-1] == "":
        lines.pop()
    i = 0
    while i < len(lines):
        words = lines[i].split()
        if not words or words[0] not in ("statement", "query"):
            if words and words[0] in ("skipif", "onlyif"):
                skip = skip or (words[0] == "skipif") == (words[1] == "postgres")
            items.append(lines[i])
            i += 1
            continue
        end = i + 1
        while end < len(lines) and lines[end] and lines[end] != "----":
            end += 1
        record = Record(words, lines[i + 1:end])
        record.skip, skip = skip, False
        i = end
        if i < len(lines) and lines[i] == "----":
            end = i + 1
            while end < len(lines) and lines[end]:
                end += 1
            record.expected = lines[i + 1:end]
            i = end
        items.append(record)
    return items


class Answer:
    """What a server said to a text of statements: rows and columns, or the fields of the error."""

    def __init__(self, client, sql):
        self.rows, self.columns, self.error = [], [], None
        client.send(pg_raw.message("Q", pg_raw.text(sql)))
        try:
            messages = client.until_ready()
        except pg_raw.ServerError as error:
            self.error, messages = error, []
        for kind, body in messages:
            if kind == "T":
                self.columns = pg_raw.parse_description(body)
            elif kind == "D":
                cells = (None if cell is None else cell.decode() for cell in pg_raw.parse_row(body))
                self.rows.append("\t".join("NULL" if cell is None else cell or "(empty)" for cell in cells))
            elif kind == "G":  # COPY FROM STDIN has no rows in a file of records
                client.send(pg_raw.message("c"))

    def facts(self):
        """What a client sees beside rows."""
        if self.error:
            return {name: self.error.fields.get(code, "") for name, code in (("code", "C"), ("message", "M"), ("position", "P"))}
        return {"names": [c[0] for c in self.columns], "types": [c[1] for c in self.columns]}


def header_and_rows(record, answer):
    """The record as PostgreSQL would have it."""
    if answer.error:
        return ["statement", "error", answer.error.code], None
    if not answer.columns:
        return ["statement", "ok"], None
    sort = record.header[2:] if record.header[0] == "query" else []
    rows = sorted(answer.rows) if sort == ["rowsort"] else answer.rows
    return ["query", "".join(LETTERS.get(c[1], "T") for c in answer.columns), *sort], rows


def differs(record, answer):
    header, rows = header_and_rows(record, answer)
    if record.header[0] == "statement":
        if header[0] == "query":
            header = ["statement", "ok"]
        return header[:2] != record.header[:2] or (len(record.header) > 2 and header != record.header)
    expected = sorted(record.expected or []) if "rowsort" in record.header else record.expected
    return header[0] != "query" or rows != expected


def show(path, record, what):
    print(f"{path}: {what}\n  " + "\n  ".join(record.sql) + "\n")


class Check:
    def __init__(self, postgres, weir, update):
        self.postgres, self.weir, self.update, self.count = postgres, weir, update, 0

    def clients(self, name):
        out = []
        for engine in (self.postgres, self.weir):
            if engine is not None:
                with engine.connect() as admin:
                    admin.query("create database " + name)
                out.append((engine.server if engine is self.weir else engine).connect(database=name) if engine is self.weir
                           else pg_raw.RawClient(engine.port, user=engine.user, database=name, timeout=60))
        return out

    def file(self, path, name):
        items = read(path)
        clients = self.clients(name)
        # Servers of different users write into them.
        folders = [tempfile.mkdtemp(prefix="weir-slt-oracle-") for _ in clients]
        for folder in folders:
            os.chmod(folder, 0o777)
        different = 0
        for record in items:
            if isinstance(record, str) or record.skip:
                if self.weir and not isinstance(record, str):
                    Answer(clients[1], record.statement(folders[1]))
                continue
            self.count += 1
            answer = Answer(clients[0], record.statement(folders[0]))
            if self.weir:
                ours, theirs = Answer(clients[1], record.statement(folders[1])).facts(), answer.facts()
                for fact in theirs:
                    if ours.get(fact) != theirs[fact]:
                        show(path, record, f"{fact}: Weir {ours.get(fact)!r}, PostgreSQL {theirs[fact]!r}")
                        different += 1
            elif self.update:
                record.header, record.expected = header_and_rows(record, answer)
            elif differs(record, answer):
                got = str(answer.error) if answer.error else "\n    ".join([""] + answer.rows)
                show(path, record, f"{' '.join(record.header)}; PostgreSQL: {got}")
                different += 1
        for client, folder in zip(clients, folders):
            client.close()
            shutil.rmtree(folder, ignore_errors=True)
        if self.update:
            self.write(path, items)
        return different

    @staticmethod
    def write(path, items):
        lines = []
        for item in items:
            if isinstance(item, str):
                lines.append(item)
                continue
            lines += [" ".join(item.header), *item.sql]
            if item.expected is not None or item.header[0] == "query":
                lines += ["----", *(item.expected or [])]
        pathlib.Path(path).write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--weir")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    if engines.postgres_bin() is None:
        sys.exit("PostgreSQL is not installed")
    files = []
    for path in map(pathlib.Path, options.paths):
        files += sorted(path.rglob("*.slt")) if path.is_dir() else [path]
    weir, different, postgres = None, 0, engines.Postgres()
    try:
        weir = engines.Weir(options.weir) if options.weir else None
        check = Check(postgres, weir, options.update)
        for number, path in enumerate(files):
            different += check.file(path, f"f{number}")
        print(f"{len(files)} files, {check.count} records asked, {different} differ")
    finally:
        postgres.stop()
        if weir is not None:
            weir.stop()
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
