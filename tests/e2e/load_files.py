#!/usr/bin/env python3
"""Loads CSV, JSON lines and Parquet files with `weir load` into a real server, and checks rows and errors.

usage: load_files.py --weir BINARY
"""
import argparse
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROWS = 20_000
TIMEOUT = 120


def start_server(binary, folder):
    server = subprocess.Popen(
        [binary, "server", "--data-dir", folder, "--pg-port", "0", "--http-port", "0", "--otlp-http-port", "0"],
        stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        found = re.search(r"^weir ready .*pg=[^ ]*:(\d+)", line)
        if found:
            return server, found.group(1)
    raise SystemExit("the server did not get ready")


class Run:
    def __init__(self, binary, port):
        self.binary, self.port, self.failures = binary, port, 0

    def sql(self, text):
        done = subprocess.run([self.binary, "sql", "-p", self.port, "--format", "csv", "-c", text],
                              capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode != 0:
            raise SystemExit(f"failed: {text}\n{done.stderr}")
        return done.stdout.split("\n", 1)[-1].strip()

    def load(self, *arguments):
        return subprocess.run([self.binary, "load", "-p", self.port, *arguments], capture_output=True, text=True,
                              timeout=TIMEOUT)

    def check(self, what, got, wanted):
        if got != wanted:
            self.failures += 1
            print(f"{what}: expected {wanted!r}, got {got!r}")


def write_files(folder):
    """The same rows in every format: a code with leading zeros, a text with everything that needs quotes, nested."""
    csv_path, json_path = os.path.join(folder, "rows.csv.gz"), os.path.join(folder, "rows.jsonl")
    with gzip.open(csv_path, "wt") as csv, open(json_path, "w") as lines:
        csv.write("id,code,Note,extra\n")
        for i in range(ROWS):
            note = None if i % 7 == 0 else f'line {i}\n"quoted", tab\t back\\slash'
            quoted = "" if note is None else '"' + note.replace('"', '""') + '"'
            csv.write(f"{i},{i:06},{quoted},x\n")
            lines.write(json.dumps({"id": i, "code": f"{i:06}", "note": note, "doc": {"k": [i, None]},
                                    "tags": [f"t{i % 3}", None]}) + "\n")
    return csv_path, json_path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    binary = os.path.abspath(parser.parse_args().weir)
    folder = tempfile.mkdtemp(prefix="weir-load-")
    server, port = start_server(binary, os.path.join(folder, "data"))
    run = Run(binary, port)
    try:
        csv_path, json_path = write_files(folder)
        columns = "id bigint NOT NULL, code text, note text, doc json, tags text[]"
        for table in ("from_csv", "from_json", "from_parquet", "strict"):
            run.sql(f"CREATE TABLE {table} ({columns})")

        done = run.load("--table", "from_csv", csv_path)
        run.check("csv", (done.returncode, done.stdout), (0, f"loaded {ROWS} rows into from_csv\n"))
        run.check("left out", "column extra of" in done.stderr, True)
        done = run.load("--table", "public.from_json", json_path)
        run.check("json", (done.returncode, done.stdout), (0, f"loaded {ROWS} rows into public.from_json\n"))
        parquet = os.path.join(folder, "rows.parquet")
        run.sql(f"COPY from_json TO '{parquet}'")
        done = run.load("--table", "from_parquet", parquet)
        run.check("parquet", (done.returncode, done.stdout), (0, f"loaded {ROWS} rows into from_parquet\n"))

        facts = "count(*), sum(id), count(note), min(code), max(length(note))"
        wanted = run.sql(f"SELECT {facts} FROM from_csv")
        run.check("facts", wanted.split(",")[:4], [str(ROWS), str(ROWS * (ROWS - 1) // 2),
                                                   str(ROWS - (ROWS + 6) // 7), "000000"])
        for table in ("from_json", "from_parquet"):
            run.check(table, run.sql(f"SELECT {facts} FROM {table}"), wanted)
            run.check(f"{table} nested", run.sql(f"SELECT doc::text, tags[1] FROM {table} WHERE id = 5"),
                      '"{""k"": [5, null]}",t2')
        run.check("same notes", run.sql("SELECT count(*) FROM from_csv a JOIN from_json b ON a.id = b.id "
                                        "WHERE a.note IS NOT DISTINCT FROM b.note"), str(ROWS))

        # Errors say what is wrong, and nothing is loaded.
        bad = os.path.join(folder, "bad.csv")
        with open(bad, "w") as file:
            file.write("id,code\n1,a\ntwo,b\n")
        done = run.load("--table", "strict", bad)
        run.check("bad value", (done.returncode != 0, '"two"' in done.stderr, "bad.csv" in done.stderr),
                  (True, True, True))
        broken = os.path.join(folder, "broken.jsonl")
        with open(broken, "w") as file:
            file.write('{"id": 1}\n{"id": 2\n')
        done = run.load("--table", "strict", broken)
        run.check("broken json", (done.returncode != 0, "line 2" in done.stderr), (True, True))
        for arguments, word in ((("--table", "nowhere", bad), "nowhere"),
                                (("--table", "strict", os.path.join(folder, "none.csv")), "none.csv"),
                                (("--table", "strict", os.path.join(folder, "data")), "file"),
                                (("--table", "strict", "--format", "orc", bad), "orc")):
            done = run.load(*arguments)
            run.check(f"error of {arguments}", (done.returncode != 0, word in done.stderr), (True, True))
        run.check("nothing loaded", run.sql("SELECT count(*) FROM strict"), "0")
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print("ok" if run.failures == 0 else f"{run.failures} failures")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
