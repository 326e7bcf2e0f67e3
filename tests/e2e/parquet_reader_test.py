#!/usr/bin/env python3
"""Has pyarrow write Parquet files of all encodings, codecs and shapes, and Weir's reader compare them with pyarrow's view.

usage: parquet_reader_test.py PATH_OF_weir_format_parquet_test
Exit status 77 (skipped) when pyarrow is not installed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import pyarrow.parquet  # noqa: F401
except ImportError:
    print("skipped: pyarrow is not installed")
    sys.exit(77)

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "parquet"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(DATA / "make_encodings.py"), folder], check=True)
        environment = dict(os.environ, WEIR_PARQUET_GOLDENS=folder)
        subprocess.run([sys.argv[1], "--gtest_filter=Golden.*"], check=True, env=environment,
                       cwd=DATA.parent.parent.parent, timeout=900)


if __name__ == "__main__":
    main()
