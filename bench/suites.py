"""Where the tables and the queries of a benchmark suite come from."""
import dataclasses
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TPCH_TABLES = ["lineitem", "orders", "customer", "part", "partsupp", "supplier", "nation", "region"]
SCANS = {
    "scan_int64": "select sum(l_orderkey) from lineitem",
    "scan_dictionary": "select l_shipmode, count(*) from lineitem group by l_shipmode order by l_shipmode",
}


@dataclasses.dataclass
class Suite:
    size: str       # as shown: "scale 1"
    files: dict     # Parquet files by table
    queries: dict   # texts by name; what another engine says otherwise by name and engine: "j05.duckdb"

    def names(self):
        return [name for name in self.queries if "." not in name]

    def text(self, query, engine):
        """As this engine (`duckdb`, also for `duckdb-tables`) says it."""
        return self.queries.get(f"{query}.{engine.split('-')[0]}", self.queries[query])


def files_of(folder):
    return {path.stem: path for path in sorted(folder.glob("*.parquet"))}


def queries_of(path):
    """Query texts by name: a file each, or those of one file ended by semicolons."""
    if path.is_file():
        texts = [text.strip() for text in path.read_text().split(";")]
        return {f"q{i + 1:02}": text for i, text in enumerate(text for text in texts if text)}
    return {p.stem: p.read_text().strip().rstrip(";") for p in sorted(path.glob("*.sql")) if p.stem != "tables"}


def generate_by(weir, script, folder, rows):
    """Files that Weir makes by a script, in a folder that is there only when they are whole."""
    if folder.exists():
        return
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    sql = script.read_text().replace("${ROWS}", str(rows)).replace("${DIR}", str(part))
    subprocess.run([weir, "local", "-c", sql], check=True, stdout=subprocess.DEVNULL)
    part.rename(folder)


def tpch(options):
    folder = pathlib.Path(options.data or f"build/tpch-sf{options.scale}").resolve()
    files = {table: folder / f"{table}.parquet" for table in TPCH_TABLES}
    if not all(file.exists() for file in files.values()):
        folder.mkdir(parents=True, exist_ok=True)
        tool = pathlib.Path(sys.executable).parent / "tpchgen-cli"
        subprocess.run([str(tool), "parquet", "-s", str(options.scale), "--output-dir", str(folder)], check=True)
    return Suite(f"scale {options.scale}", files, queries_of(HERE / "tpch") | SCANS)


def generate_tpcds(scale, folder):
    import duckdb
    import duckdb_extension_tpcds
    extension = next(pathlib.Path(duckdb_extension_tpcds.__file__).parent.rglob("*.duckdb_extension"))
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "queries").mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CALL dsdgen(sf = {float(scale)})")
    for (table,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall():
        connection.execute(f"COPY {table} TO '{part / table}.parquet' (FORMAT parquet)")
    for number, text in connection.execute("SELECT query_nr, query FROM tpcds_queries()").fetchall():
        (part / "queries" / f"q{number:02}.sql").write_text(text)
    part.rename(folder)


def tpcds(options):
    """Data and query texts as DuckDB's extension has them."""
    folder = pathlib.Path(options.data or f"build/tpcds-sf{options.scale}").resolve()
    if not folder.exists():
        # By a process of its own: a process that starts others hands its peak memory on to them.
        process = multiprocessing.get_context("spawn").Process(target=generate_tpcds, args=(options.scale, folder))
        process.start()
        process.join()
        if process.exitcode != 0:
            sys.exit("the data of TPC-DS could not be made")
    return Suite(f"scale {options.scale}", files_of(folder), queries_of(folder / "queries"))


def webstats(options):
    folder = pathlib.Path(options.data or "build/webstats").resolve() / str(options.rows)
    generate_by(options.weir, HERE / "webstats" / "tables.sql", folder, options.rows)
    return Suite(f"{options.rows} rows", files_of(folder), queries_of(HERE / "webstats"))


def groupjoin(options):
    folder = pathlib.Path(options.data or "build/groupjoin").resolve() / str(options.rows)
    generate_by(options.weir, HERE / "groupjoin" / "tables.sql", folder, options.rows)
    even = queries_of(HERE / "groupjoin")
    # The same over skewed values and NULLs.
    skewed = {f"{name}_skewed": re.sub(r"\b(facts|probes)\b", r"\1_skewed", text) for name, text in even.items()}
    return Suite(f"{options.rows} rows", files_of(folder), even | skewed)


def json_documents(options):
    folder = pathlib.Path(options.data or "build/json").resolve() / str(options.rows)
    generate_by(options.weir, HERE / "json" / "tables.sql", folder, options.rows)
    return Suite(f"{options.rows} documents", files_of(folder), queries_of(HERE / "json"))


def by_path(options):
    if options.tables and "=" not in options.tables:
        files = files_of(pathlib.Path(options.tables).resolve())
    else:
        pairs = (pair.split("=", 1) for pair in options.tables.split(",") if pair)
        files = {name: pathlib.Path(file).resolve() for name, file in pairs}
    return Suite(options.suite, files, queries_of(pathlib.Path(options.suite)))


SUITES = {"tpch": tpch, "tpcds": tpcds, "webstats": webstats, "groupjoin": groupjoin, "json": json_documents}


def load(options):
    suite = SUITES.get(options.suite, by_path)(options)
    if options.queries:
        suite.queries = {k: v for k, v in suite.queries.items() if k.split(".")[0] in options.queries.split(",")}
    return suite


def evict(path):
    """Drops what the system has cached of a file, or of the files in a folder."""
    paths = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    for each in paths:
        with open(each, "rb") as file:
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
