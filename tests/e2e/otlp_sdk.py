#!/usr/bin/env python3
"""Sends logs, metrics and traces with the OpenTelemetry SDK and checks the rows over the PostgreSQL protocol.

usage: tests/e2e/otlp_sdk.py [--weir build/release/weir]
Starts a server of its own on free ports. Exit status 77 (skipped) when the Python packages are missing.
"""
import argparse
import logging
import re
import shutil
import signal
import subprocess
import sys
import tempfile

try:
    import psycopg
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

RESOURCE = Resource.create({"service.name": "sdk-test", "host.name": "sdk-host"})


def send_logs(endpoint):
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(
        BatchLogRecordProcessor(OTLPLogExporter(f"{endpoint}/v1/logs", compression=Compression.Gzip)))
    logger = logging.getLogger("sdk")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(LoggingHandler(logger_provider=provider))
    for i in range(500):
        logger.warning("message %d", i, extra={"http.route": f"/r{i % 5}", "number": i})
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed")
    provider.force_flush()
    provider.shutdown()


def send_traces(endpoint):
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    tracer = provider.get_tracer("sdk", "1.2")
    with tracer.start_as_current_span("parent", kind=trace.SpanKind.SERVER) as parent:
        parent.set_attribute("http.request.method", "GET")
        parent.add_event("began", {"n": 1})
        for _ in range(10):
            with tracer.start_as_current_span("child"):
                pass
        parent.set_status(trace.StatusCode.ERROR, "no")
    provider.force_flush()
    provider.shutdown()


def send_metrics(endpoint):
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics"), export_interval_millis=60000)
    provider = MeterProvider(resource=RESOURCE, metric_readers=[reader])
    meter = provider.get_meter("sdk")
    counter = meter.create_counter("requests", unit="1")
    histogram = meter.create_histogram("latency", unit="ms")
    meter.create_observable_gauge("depth", callbacks=[lambda _: [metrics.Observation(42.5, {"cpu": "cpu0"})]])
    for i in range(100):
        counter.add(2, {"http.route": "/x"})
        histogram.record(i)
    provider.force_flush()
    provider.shutdown()


def check(cursor, sql, expected):
    cursor.execute(sql)
    rows = cursor.fetchall()
    if rows != expected:
        raise SystemExit(f"FAILED: {sql}\n  expected {expected}\n  got      {rows}")
    print(f"ok: {sql}")


def check_rows(pg_port):
    with psycopg.connect(f"host=127.0.0.1 port={pg_port} user=weir dbname=weir", autocommit=True) as connection:
        cursor = connection.cursor()
        check(cursor, "SELECT count(*), count(DISTINCT attr_http_route) FROM logs WHERE severity = 'WARN'", [(500, 5)])
        check(cursor, "SELECT message, attr_exception_type, attributes['exception.message'] FROM logs "
                      "WHERE severity_number >= 17", [("it failed", "ValueError", "broken")])
        check(cursor, "SELECT sum(attributes['number']::int) FROM logs WHERE service_name = 'sdk-test'", [(124750,)])
        check(cursor, "SELECT DISTINCT attr_host_name, resource_attrs['telemetry.sdk.language'] FROM logs",
              [("sdk-host", "python")])
        check(cursor, "SELECT name, kind, status_code, attr_http_request_method FROM traces WHERE parent_span_id IS NULL",
              [("parent", "SERVER", "ERROR", "GET")])
        check(cursor, "SELECT count(*) FROM traces c JOIN traces p ON c.parent_span_id = p.span_id "
                      "AND c.trace_id = p.trace_id WHERE p.name = 'parent' AND c.end_timestamp <= p.end_timestamp",
              [(10,)])
        # Cumulative points are sent by the flush and again by the shutdown.
        check(cursor, "SELECT DISTINCT metric_type, value, is_monotonic, temporality FROM metrics WHERE metric_name = 'requests'",
              [("sum", 200.0, True, "cumulative")])
        check(cursor, "SELECT DISTINCT count, sum, min, max FROM metrics WHERE metric_name = 'latency'",
              [(100, 4950.0, 0.0, 99.0)])
        check(cursor, "SELECT DISTINCT value, attr_cpu FROM metrics WHERE metric_name = 'depth'", [(42.5, "cpu0")])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", default="build/release/weir")
    arguments = parser.parse_args()
    data_dir = tempfile.mkdtemp(prefix="weir_otlp_")
    server = subprocess.Popen(
        [arguments.weir, "server", "--data-dir", data_dir, "--pg-port", "0", "--http-port", "0", "--otlp-http-port",
         "0", "--mysql-port", "0", "--otlp-grpc-port", "0", "--rpc-port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        ready = ""
        while not ready.startswith("weir ready"):
            ready = server.stdout.readline()
            if not ready:
                raise SystemExit("FAILED: the server did not start")
        ports = {name: int(port) for name, port in re.findall(r"([a-z_-]+)=(?:[0-9.]+):(\d+)", ready)}
        endpoint = f"http://127.0.0.1:{ports.get('otlp', ports.get('otlp-http', ports.get('otlp_http')))}"
        send_logs(endpoint)
        send_traces(endpoint)
        send_metrics(endpoint)
        check_rows(ports["pg"])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        shutil.rmtree(data_dir, ignore_errors=True)
    print("otlp_sdk: passed")


if __name__ == "__main__":
    main()
