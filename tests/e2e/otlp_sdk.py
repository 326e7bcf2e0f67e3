#!/usr/bin/env python3
"""Sends logs, metrics and traces with the OpenTelemetry SDK and checks the rows over the PostgreSQL protocol.

usage: tests/e2e/otlp_sdk.py [--weir build/release/weir]
Starts a server of its own on free ports. Exit status 77 (skipped) when the Python packages are missing.
"""
import argparse
import base64
import gzip
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

try:
    import psycopg
    from google.protobuf import json_format
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
    from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def post(url, body, content_type, compress=False):
    headers = {"Content-Type": content_type}
    if compress:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
        return answer.read()


def otlp_json(message):
    """OTLP's JSON: protobuf's, but for ids in hex."""
    def fix(value):
        if isinstance(value, list):
            return [fix(item) for item in value]
        if isinstance(value, dict):
            return {key: base64.b64decode(item).hex() if key in ("traceId", "spanId", "parentSpanId") else fix(item)
                    for key, item in value.items()}
        return value
    return json.dumps(fix(json_format.MessageToDict(message, use_integers_for_enums=True))).encode()


class JsonExporter:
    """What the SDK lacks: an exporter of OTLP in JSON, for each signal by its encoder."""
    def __init__(self, url, encode, compress, success):
        self.url, self.encode, self.compress, self.success = url, encode, compress, success
        self._preferred_temporality, self._preferred_aggregation = {}, {}

    def export(self, batch, timeout_millis=0, **_):
        post(self.url, otlp_json(self.encode(batch)), "application/json", self.compress)
        return self.success

    def force_flush(self, timeout_millis=0):
        return True

    def shutdown(self, timeout_millis=0, **_):
        pass


class Sender:
    def __init__(self, endpoint, encoding, compress):
        self.endpoint, self.encoding, self.compress = endpoint, encoding, compress
        self.service = f"sdk-{encoding}-{'gzip' if compress else 'plain'}"
        self.resource = Resource.create({"service.name": self.service, "host.name": "sdk-host"})

    def exporter(self, signal_name, protobuf_exporter, encode, success=None):
        url = f"{self.endpoint}/v1/{signal_name}"
        if self.encoding == "json":
            return JsonExporter(url, encode, self.compress, success)
        return protobuf_exporter(url, compression=Compression.Gzip if self.compress else Compression.NoCompression)

    def send_logs(self):
        provider = LoggerProvider(resource=self.resource)
        provider.add_log_record_processor(BatchLogRecordProcessor(self.exporter("logs", OTLPLogExporter, encode_logs)))
        logger = logging.getLogger(self.service)
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

    def send_traces(self):
        provider = TracerProvider(resource=self.resource)
        provider.add_span_processor(BatchSpanProcessor(
            self.exporter("traces", OTLPSpanExporter, encode_spans, SpanExportResult.SUCCESS)))
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

    def send_metrics(self):
        reader = PeriodicExportingMetricReader(
            self.exporter("metrics", OTLPMetricExporter, encode_metrics, MetricExportResult.SUCCESS),
            export_interval_millis=60000)
        provider = MeterProvider(resource=self.resource, metric_readers=[reader])
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


def check_rows(cursor, service):
    own = f"service_name = '{service}'"
    check(cursor, f"SELECT count(*), count(DISTINCT attr_http_route) FROM logs WHERE severity = 'WARN' AND {own}", [(500, 5)])
    check(cursor, f"SELECT message, attr_exception_type, attributes['exception.message'] FROM logs "
                  f"WHERE severity_number >= 17 AND {own}", [("it failed", "ValueError", "broken")])
    check(cursor, f"SELECT sum(attributes['number']::int) FROM logs WHERE {own}", [(124750,)])
    check(cursor, f"SELECT DISTINCT resource_host_name, resource_attrs['telemetry.sdk.language'] FROM logs WHERE {own}",
          [("sdk-host", "python")])
    check(cursor, f"SELECT name, kind, status_code, attr_http_request_method FROM traces WHERE parent_span_id IS NULL "
                  f"AND {own}", [("parent", "SERVER", "ERROR", "GET")])
    check(cursor, f"SELECT count(*) FROM traces c JOIN traces p ON c.parent_span_id = p.span_id "
                  f"AND c.trace_id = p.trace_id WHERE p.name = 'parent' AND c.end_timestamp <= p.end_timestamp "
                  f"AND c.{own}", [(10,)])
    # Cumulative points are sent by the flush and again by the shutdown.
    check(cursor, f"SELECT DISTINCT metric_type, value, is_monotonic, temporality FROM metrics "
                  f"WHERE metric_name = 'requests' AND {own}", [("sum", 200.0, True, "cumulative")])
    check(cursor, f"SELECT DISTINCT count, sum, min, max FROM metrics WHERE metric_name = 'latency' AND {own}",
          [(100, 4950.0, 0.0, 99.0)])
    check(cursor, f"SELECT DISTINCT value, attr_cpu FROM metrics WHERE metric_name = 'depth' AND {own}", [(42.5, "cpu0")])


def send_samples(endpoint):
    """The OpenTelemetry project's own examples, where they are at hand."""
    folder = pathlib.Path(os.environ.get("WEIR_SHARED_DATA", "../shared/data")) / "otlp"
    for name, path in {"logs.json": "logs", "events.json": "logs", "metrics.json": "metrics", "trace.json": "traces"}.items():
        if not (folder / name).exists():
            print(f"not there: {name}")
            continue
        for compress in (False, True):
            answer = post(f"{endpoint}/v1/{path}", (folder / name).read_bytes(), "application/json", compress)
            if answer != b"{}":
                raise SystemExit(f"FAILED: {name}: {answer}")
        print(f"ok: {name}")


def check_own_spans(cursor):
    """The server's statements are spans of its own, soon after they have ended."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        cursor.execute("SELECT count(*) FROM traces WHERE service_name = 'weir' AND name = 'SELECT' "
                       "AND attributes['db.query.text'] LIKE '%attr_http_route%' AND duration_ns > 0")
        if cursor.fetchone()[0] >= 4:
            print("ok: own spans")
            return
        time.sleep(0.2)
    raise SystemExit("FAILED: the server's own spans are not there")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", default="build/release/weir")
    arguments = parser.parse_args()
    data_dir = tempfile.mkdtemp(prefix="weir_otlp_")
    server = subprocess.Popen(
        [arguments.weir, "server", "--data-dir", data_dir, "--pg-port", "0", "--http-port", "0", "--otlp-http-port",
         "0"], stdout=subprocess.PIPE, text=True)
    try:
        ready = ""
        while not ready.startswith("weir ready"):
            ready = server.stdout.readline()
            if not ready:
                raise SystemExit("FAILED: the server did not start")
        ports = {name: int(port) for name, port in re.findall(r"([a-z_-]+)=(?:[0-9.]+):(\d+)", ready)}
        endpoint = f"http://127.0.0.1:{ports['otlp-http']}"
        senders = [Sender(endpoint, encoding, compress) for encoding in ("protobuf", "json") for compress in (False, True)]
        for sender in senders:
            sender.send_logs()
            sender.send_traces()
            sender.send_metrics()
        with psycopg.connect(f"host=127.0.0.1 port={ports['pg']} user=weir dbname=weir", autocommit=True) as connection:
            cursor = connection.cursor()
            for sender in senders:
                check_rows(cursor, sender.service)
            send_samples(endpoint)
            check_own_spans(cursor)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
        shutil.rmtree(data_dir, ignore_errors=True)
    print("otlp_sdk: passed")


if __name__ == "__main__":
    main()
