#!/usr/bin/env python3
"""Reads files of Weir's Parquet writer with pyarrow and DuckDB and compares them with the values that went in.

usage: parquet_writer_test.py PATH_OF_weir_format_parquet_test
Exit status 77 (skipped) when neither library is installed.
"""
import datetime
import decimal
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import uuid

try:
    import pyarrow.parquet
except ImportError:
    pyarrow = None
try:
    import duckdb
except ImportError:
    duckdb = None

EPOCH = datetime.datetime(1970, 1, 1)


def text_of(value, type_name):
    """The value as Weir prints it."""
    if value is None:
        return "NULL"
    if type_name.endswith("[]"):
        return "{" + ",".join(text_of(each, type_name[:-2]) for each in value) + "}"
    if type_name.startswith("map("):
        pairs = value.items() if isinstance(value, dict) else value
        return "{" + ", ".join(f"{key}={text_of(each, '')}" for key, each in pairs) + "}"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, (bytes, bytearray)):
        if type_name == "uuid":
            return str(uuid.UUID(bytes=bytes(value)))
        return "\\x" + bytes(value).hex()
    if isinstance(value, datetime.timedelta):
        return value
    if isinstance(value, datetime.datetime):
        text = value.replace(tzinfo=None).isoformat(sep=" ")
        if "." in text:
            text = text.rstrip("0")
        return text + ("+00" if type_name.endswith("with time zone") else "")
    if isinstance(value, datetime.time):
        text = value.isoformat()
        return text.rstrip("0") if "." in text else text
    return str(value)


def nanos_of(text):
    """Nanoseconds since 1970 of Weir's text of a timestamp."""
    text = text.removesuffix("+00")
    seconds, _, fraction = text.partition(".")
    moment = datetime.datetime.fromisoformat(seconds)
    return int((moment - EPOCH).total_seconds()) * 10**9 + int(fraction.ljust(9, "0") or 0)


def same(expected, value, type_name):
    if expected == "NULL" or value is None:
        return expected == "NULL" and value is None
    if type_name == "real":
        return struct.unpack("f", struct.pack("f", float(expected)))[0] == value
    if type_name == "double precision":
        return float(expected) == value
    if type_name.startswith("numeric"):
        return decimal.Decimal(expected) == value
    if type_name.startswith("timestamp"):
        if isinstance(value, int):
            return nanos_of(expected) == value
        # Python's type ends at microseconds.
        return nanos_of(expected) // 1000 * 1000 == int((value.replace(tzinfo=None) - EPOCH) / datetime.timedelta(microseconds=1)) * 1000
    return expected == text_of(value, type_name)


def check(reader, columns, expected, path):
    compared = 0
    for column, type_name, row, text in expected:
        # Intervals and structs have no common Python form.
        if type_name == "interval" or "struct" in type_name or type_name.endswith("[][]"):
            continue
        value = columns[column][row]
        if not same(text, value, type_name):
            sys.exit(f"{reader}: {path}: column {column} ({type_name}) row {row}: {value!r}, not {text}")
        compared += 1
    return compared


def main():
    if pyarrow is None and duckdb is None:
        print("neither pyarrow nor duckdb is installed: skipped")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], "--gtest_filter=*WritesSampleForOtherReaders"], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "WEIR_PARQUET_SAMPLE_DIR": folder})
        samples = sorted(pathlib.Path(folder).glob("*.parquet"))
        if not samples:
            sys.exit("no samples were written")
        compared = 0
        for path in samples:
            expected = []
            for line in path.with_suffix(".tsv").read_text().splitlines():
                column, type_name, row, text = line.split("\t")
                expected.append((int(column), type_name, int(row), text))
            tables = {}
            if pyarrow is not None:
                table = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True).read()
                columns = []
                for column in table.columns:
                    if str(column.type).startswith("timestamp[ns"):
                        column = column.cast("int64")
                    columns.append(column.to_pylist())
                tables["pyarrow"] = columns
                compared += check("pyarrow", columns, expected, path)
            if duckdb is not None:
                connection = duckdb.connect()
                connection.execute("SET TimeZone = 'UTC'")
                # Python's form of these two ends at microseconds or needs another library.
                casts = dict.fromkeys(("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "TIMESTAMP_NS WITH TIME ZONE", "TIMESTAMPTZ_NS"), "epoch_ns({})")
                described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
                selected = ", ".join(casts.get(kind, "{}").format(name) for name, kind, *_ in described)
                rows = connection.execute(f"SELECT {selected} FROM read_parquet('{path}')").fetchall()
                columns = [list(column) for column in zip(*rows)]
                tables["duckdb"] = columns
                compared += check("duckdb", columns, expected, path)
                # Statistics, page index and bloom filters must not hide rows.
                for at, (name, *_) in enumerate(described[:21]):
                    wanted = connection.execute(
                        f"SELECT {name}, count(*) FROM read_parquet('{path}') WHERE {name} IS NOT NULL "
                        "GROUP BY 1 ORDER BY hash(1) LIMIT 3").fetchall() if selected.count(f"({name})") == 0 else []
                    for value, count in wanted:
                        found = connection.execute(
                            f"SELECT count(*) FROM read_parquet('{path}') WHERE {name} = ?", [value]).fetchone()[0]
                        if described[at][1] not in ("INTERVAL", "JSON") and found != count:
                            sys.exit(f"duckdb: {path}: {name} = {value!r} finds {found} rows, not {count}")
                        compared += 1
            if len(tables) == 2:
                # Nested values of both must be one and the same.
                for at, (a, b) in enumerate(zip(tables["pyarrow"], tables["duckdb"])):
                    if not any(isinstance(value, (list, dict)) for value in a if value is not None):
                        continue
                    for row, (left, right) in enumerate(zip(a, b)):
                        if plain(left) != plain(right):
                            sys.exit(f"{path}: column {at} row {row}: pyarrow {left!r}, duckdb {right!r}")
                        compared += 1
        print(f"{len(samples)} files, {compared} values agree")
    return 0


def plain(value):
    """Maps as sorted pairs, whatever the library makes of them."""
    if isinstance(value, dict):
        if set(value) == {"key", "value"} and isinstance(value["key"], list):
            return sorted(zip(value["key"], map(plain, value["value"])), key=str)
        return sorted(((str(key), plain(each)) for key, each in value.items()), key=str)
    if isinstance(value, list):
        if value and all(isinstance(each, tuple) for each in value):
            return sorted(((str(key), plain(each)) for key, each in dict(value).items()), key=str)
        return [plain(each) for each in value]
    return value


if __name__ == "__main__":
    sys.exit(main())
