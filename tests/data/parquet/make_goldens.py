#!/usr/bin/env python3
"""Writes what pyarrow reads from Parquet files as text, for golden_test.cc to compare with.

usage: make_goldens.py FOLDER_OF_PARQUET_FILES
A golden has the schema's column names, the number of rows, the CRC-32 of all rows as text, and the first rows.
"""
import binascii
import datetime
import decimal
import json
import pathlib
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
EPOCH = datetime.date(1970, 1, 1)


def number(value, digits):
    if value != value:
        return "nan"
    return "%.*g" % (digits, value)


def text(value, kind):
    """One value; timestamps and times as microseconds (nanoseconds where Weir keeps them), dates as days."""
    if value is None:
        return "null"
    if pa.types.is_boolean(kind):
        return "true" if value else "false"
    if pa.types.is_uint64(kind) or pa.types.is_integer(kind):
        return str(value)
    if pa.types.is_float64(kind):
        return number(value, 17)
    if pa.types.is_floating(kind):
        return number(struct.unpack("f", struct.pack("f", value))[0], 9)
    if pa.types.is_decimal(kind):
        return "{:f}".format(value)
    if pa.types.is_date(kind):
        return str((value - EPOCH).days)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return json.dumps(value, ensure_ascii=False)
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind):
        return "x" + value.hex()
    if pa.types.is_map(kind):
        return "{" + ", ".join(text(k, kind.key_type) + ": " + text(v, kind.item_type) for k, v in value) + "}"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return "[" + ", ".join(text(v, kind.value_type) for v in value) + "]"
    if pa.types.is_struct(kind):
        return "(" + ", ".join(text(value[f.name], f.type) for f in kind) + ")"
    raise TypeError(str(kind))


def integers(array, kind):
    """Temporal columns as integers, wherever they are nested."""
    if pa.types.is_timestamp(kind):
        wide = array.cast(pa.timestamp("ns", kind.tz)) if kind.unit == "ns" else array.cast(pa.timestamp("us", kind.tz))
        return wide.cast(pa.int64()), pa.int64()
    if pa.types.is_time(kind):
        return array.cast(pa.time64("us")).cast(pa.int64()), pa.int64()
    return array, kind


def dump(path):
    metadata = pq.ParquetFile(path)
    int96 = {metadata.schema.column(i).path for i in range(len(metadata.schema))
             if metadata.schema.column(i).physical_type == "INT96"}
    table = metadata.read()
    columns = []
    for field, column in zip(table.schema, table.columns):
        if field.name in int96:
            column = column.cast(pa.timestamp("us"), safe=False)
        column, kind = integers(column, column.type)
        columns.append([text(v, kind) for v in column.to_pylist()])
    lines = [", ".join(row) + "\n" for row in zip(*columns)]
    crc = 0
    for line in lines:
        crc = binascii.crc32(line.encode(), crc)
    head = "columns {}\nrows {}\ncrc {:08x}\n".format(" ".join(table.column_names), table.num_rows, crc)
    return head + "".join(lines[:5])


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.parquet")):
        (HERE / (path.stem + ".golden")).write_text(dump(path), encoding="utf-8")


if __name__ == "__main__":
    main()
