#!/usr/bin/env python3
"""Writes a Parquet file per encoding, codec, page version and shape of data, each with its golden.

usage: make_encodings.py OUTPUT_FOLDER
Then: WEIR_PARQUET_GOLDENS=OUTPUT_FOLDER weir_format_parquet_test --gtest_filter=Golden.*
"""
import datetime
import decimal
import pathlib
import random
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

import make_goldens

ROWS = 10_000


def with_nulls(values, rate, rng):
    return [None if rng.random() < rate else v for v in values]


def flat_table(rows, rate, seed):
    rng = random.Random(seed)
    words = ["", "a", "twelve bytes", "thirteen byte", "a much longer string than fits inline", "Ünïcode ☃", "x" * 300]

    def column(kind, make):
        return pa.array(with_nulls([make(i) for i in range(rows)], rate, rng), kind)

    day = datetime.date(2000, 1, 1)
    at = datetime.datetime(2001, 2, 3, 4, 5, 6)
    return {
        "b": column(pa.bool_(), lambda i: rng.random() < 0.3),
        "i8": column(pa.int8(), lambda i: rng.randint(-128, 127)),
        "u8": column(pa.uint8(), lambda i: rng.randint(0, 255)),
        "i16": column(pa.int16(), lambda i: rng.randint(-32768, 32767)),
        "u16": column(pa.uint16(), lambda i: rng.randint(0, 65535)),
        "i32": column(pa.int32(), lambda i: rng.randint(-2**31, 2**31 - 1)),
        "u32": column(pa.uint32(), lambda i: rng.randint(0, 2**32 - 1)),
        "i64": column(pa.int64(), lambda i: rng.randint(-2**63, 2**63 - 1)),
        "u64": column(pa.uint64(), lambda i: rng.randint(0, 2**64 - 1)),
        "seq": column(pa.int64(), lambda i: i * 3 + rng.randint(0, 2)),
        "few": column(pa.int32(), lambda i: rng.randint(0, 9)),
        "f": column(pa.float32(), lambda i: rng.gauss(0, 1e3)),
        "d": column(pa.float64(), lambda i: rng.choice([0.0, -0.0, float("nan"), float("inf"), rng.gauss(0, 1e9)])),
        "h": column(pa.float16(), lambda i: pa.scalar(rng.gauss(0, 10), pa.float32()).cast(pa.float16()).as_py()),
        "dec9": column(pa.decimal128(7, 2), lambda i: decimal.Decimal(rng.randint(-9999999, 9999999)).scaleb(-2)),
        "dec18": column(pa.decimal128(18, 4), lambda i: decimal.Decimal(rng.randint(-10**18 + 1, 10**18 - 1)).scaleb(-4)),
        "dec38": column(pa.decimal128(38, 10),
                        lambda i: decimal.Context(prec=50).create_decimal(rng.randint(-10**38 + 1, 10**38 - 1)).scaleb(
                            -10, decimal.Context(prec=50))),
        "date": column(pa.date32(), lambda i: day + datetime.timedelta(days=rng.randint(-40000, 40000))),
        "t_ms": column(pa.time32("ms"), lambda i: rng.randint(0, 86_399_999)),
        "t_us": column(pa.time64("us"), lambda i: rng.randint(0, 86_399_999_999)),
        "ts_ms": column(pa.timestamp("ms"), lambda i: at + datetime.timedelta(milliseconds=rng.randint(-10**12, 10**12))),
        "ts_us": column(pa.timestamp("us", "UTC"), lambda i: rng.randint(-10**16, 10**16)),
        "ts_ns": column(pa.timestamp("ns"), lambda i: rng.randint(-10**18, 10**18)),
        "s": column(pa.string(), lambda i: rng.choice(words) + str(rng.randint(0, 3))),
        "uniq": column(pa.string(), lambda i: "key-%012d" % (i * 7919 % rows)),
        "bin": column(pa.binary(), lambda i: rng.randbytes(rng.randint(0, 20))),
        "fix": column(pa.binary(5), lambda i: rng.randbytes(5)),
        "fix16": column(pa.binary(16), lambda i: uuid.UUID(int=rng.getrandbits(128)).bytes),
    }


def nested_table(rows, seed):
    rng = random.Random(seed)

    def maybe(make, rate=0.15):
        return lambda depth=0: None if rng.random() < rate else make()

    integer = maybe(lambda: rng.randint(-5, 5))
    text = maybe(lambda: rng.choice(["", "one", "another longer string", "Ü"]))
    ints = maybe(lambda: [integer() for _ in range(rng.choice([0, 1, 2, 5]))])
    lists = maybe(lambda: [ints() for _ in range(rng.choice([0, 1, 3]))])
    struct = maybe(lambda: {"a": integer(), "b": text()})
    deep = maybe(lambda: {"x": struct(), "l": [struct() for _ in range(rng.choice([0, 1, 2]))], "m": mapping()})
    mapping = maybe(lambda: [(rng.choice("abcdef") + str(i), integer()) for i in range(rng.choice([0, 1, 4]))])
    map_of_lists = maybe(lambda: [(str(i), ints()) for i in range(rng.choice([0, 2]))])
    s_type = pa.struct([("a", pa.int32()), ("b", pa.string())])
    m_type = pa.map_(pa.string(), pa.int64())
    return {
        "l": pa.array([ints() for _ in range(rows)], pa.list_(pa.int64())),
        "ll": pa.array([lists() for _ in range(rows)], pa.list_(pa.list_(pa.int32()))),
        "st": pa.array([struct() for _ in range(rows)], s_type),
        "ls": pa.array([[struct() for _ in range(i % 3)] for i in range(rows)], pa.list_(s_type)),
        "m": pa.array([mapping() for _ in range(rows)], m_type),
        "ml": pa.array([map_of_lists() for _ in range(rows)], pa.map_(pa.string(), pa.list_(pa.int64()))),
        "deep": pa.array([deep() for _ in range(rows)], pa.struct([("x", s_type), ("l", pa.list_(s_type)), ("m", m_type)])),
        "req": pa.array([i for i in range(rows)], pa.int64()),
    }


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)

    def write(name, columns, **options):
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        path = out / (name + ".parquet")
        options.setdefault("data_page_size", 20_000)
        options.setdefault("store_schema", False)
        pq.write_table(table, path, **options)
        (out / (name + ".golden")).write_text(make_goldens.dump(path), encoding="utf-8")

    for rate in (0.0, 0.2, 0.95, 1.0):
        flat = flat_table(ROWS, rate, int(rate * 100))
        for version in ("1.0", "2.0"):
            stem = "flat_{}_v{}".format(int(rate * 100), version[0])
            write(stem + "_dict", flat, data_page_version=version, compression="snappy", dictionary_pagesize_limit=30_000)
            write(stem + "_plain", flat, data_page_version=version, compression="none", use_dictionary=False)
            deltas = {c: "DELTA_BINARY_PACKED" for c in ("i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "seq", "few",
                                                         "date", "t_ms", "t_us", "ts_us")}
            deltas.update({"s": "DELTA_LENGTH_BYTE_ARRAY", "bin": "DELTA_LENGTH_BYTE_ARRAY", "uniq": "DELTA_BYTE_ARRAY",
                           "fix": "DELTA_BYTE_ARRAY", "dec38": "DELTA_BYTE_ARRAY", "b": "RLE"})
            write(stem + "_delta", flat, data_page_version=version, compression="zstd", use_dictionary=False,
                  column_encoding=deltas)
            split = {c: "BYTE_STREAM_SPLIT" for c in ("f", "d", "h", "i32", "i64", "fix", "fix16", "dec38", "ts_us")}
            split.update({"s": "DELTA_BYTE_ARRAY", "bin": "DELTA_BYTE_ARRAY"})
            write(stem + "_split", flat, data_page_version=version, compression="gzip", use_dictionary=False,
                  column_encoding=split)
    flat = flat_table(2_000, 0.1, 3)
    for codec in ("snappy", "gzip", "brotli", "zstd", "lz4", "none"):
        write("codec_" + codec, flat, compression=codec, write_page_checksum=True)
    for version in ("1.0", "2.0"):
        for dictionary in (True, False):
            write("nested_v{}_{}".format(version[0], "dict" if dictionary else "plain"), nested_table(5_000, 5),
                  data_page_version=version, use_dictionary=dictionary, compression="snappy", data_page_size=2_000)
            write("nested_index_v{}_{}".format(version[0], "dict" if dictionary else "plain"), nested_table(5_000, 6),
                  data_page_version=version, use_dictionary=dictionary, compression="snappy", data_page_size=2_000,
                  write_page_index=True)
    write("groups", flat, row_group_size=37, compression="zstd")
    write("empty", {k: v.slice(0, 0) for k, v in flat.items()})
    write("one", {k: v.slice(0, 1) for k, v in flat.items()})
    write("index", flat_table(ROWS, 0.1, 8), write_page_index=True, data_page_size=5_000, compression="snappy")
    required = pa.table(flat_table(ROWS, 0.0, 9))
    schema = pa.schema([f.with_nullable(False) for f in required.schema])
    for version in ("1.0", "2.0"):
        write("required_v" + version[0], required.cast(schema), data_page_version=version, compression="zstd")
        write("required_plain_v" + version[0], required.cast(schema), data_page_version=version, compression="none",
              use_dictionary=False)


if __name__ == "__main__":
    main()
