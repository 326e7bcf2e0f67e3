"""What the end-to-end tests share: a server to talk to, and a client that speaks the PostgreSQL protocol message by
message, so that tests can also say what no driver would."""
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROTOCOL_3 = 196608
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
CANCEL_REQUEST = 80877102
SKIPPED = 77  # ctest's SKIP_RETURN_CODE

WEIR = None  # the binary, set by main()


class ServerError(Exception):
    """An ErrorResponse: its fields by their one-letter codes."""

    def __init__(self, fields):
        super().__init__(f"{fields.get('C')}: {fields.get('M')}" + (f" ({fields['D']})" if "D" in fields else ""))
        self.fields = fields
        self.code = fields.get("C")
        self.message = fields.get("M", "")


def message(kind, body=b""):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def parse_fields(body):
    fields = {}
    for part in body.split(b"\0"):
        if part:
            fields[chr(part[0])] = part[1:].decode(errors="replace")
    return fields


def parse_row(body):
    (count,) = struct.unpack_from("!h", body)
    at, row = 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        if size < 0:
            row.append(None)
        else:
            row.append(body[at:at + size])
            at += size
    return row


def parse_description(body):
    """[(name, type oid, typlen, typmod, format)]"""
    (count,) = struct.unpack_from("!h", body)
    at, columns = 2, []
    for _ in range(count):
        end = body.index(b"\0", at)
        name = body[at:end].decode()
        _, _, oid, length, modifier, form = struct.unpack_from("!ihihih", body, end + 1)
        columns.append((name, oid, length, modifier, form))
        at = end + 19
    return columns


def startup_packet(**parameters):
    body = struct.pack("!i", PROTOCOL_3)
    for name, value in parameters.items():
        body += text(name) + text(value)
    body += b"\0"
    return struct.pack("!i", len(body) + 4) + body


class RawClient:
    """A connection as messages. `startup=False` leaves even the start-up packet to the test."""

    def __init__(self, port, startup=True, timeout=30, receive_buffer=None, **parameters):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.port = port
        self.buffer = b""
        self.parameters = {}
        self.notices = []
        self.status = None
        self.key = None
        if startup:
            try:
                self.send(startup_packet(**{"user": "weir", "database": "weir", **parameters}))
                self.until_ready()
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, *pieces):
        self.socket.sendall(b"".join(pieces))

    def take(self, count):
        while len(self.buffer) < count:
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise ConnectionError("closed by the server")
            self.buffer += piece
        out, self.buffer = self.buffer[:count], self.buffer[count:]
        return out

    def next(self):
        """The next message: (type, body)."""
        head = self.take(5)
        kind = chr(head[0])
        body = self.take(struct.unpack("!i", head[1:])[0] - 4)
        if kind == "S":
            name, value = body.split(b"\0")[:2]
            self.parameters[name.decode()] = value.decode()
        elif kind == "N":
            self.notices.append(parse_fields(body))
        elif kind == "K":
            self.key = body
        elif kind == "Z":
            self.status = chr(body[0])
        return kind, body

    def until_ready(self):
        """All messages up to ReadyForQuery; throws the first error among them afterwards."""
        messages, error = [], None
        while True:
            kind, body = self.next()
            if kind == "E":
                error = error or ServerError(parse_fields(body))
                if error.fields.get("S") == "FATAL":
                    raise error
            messages.append((kind, body))
            if kind == "Z":
                break
        if error is not None:
            error.messages = messages
            raise error
        return messages

    def query(self, sql):
        """Rows of a simple query, as text."""
        self.send(message("Q", text(sql)))
        return [[None if cell is None else cell.decode() for cell in parse_row(body)]
                for kind, body in self.until_ready() if kind == "D"]

    def value(self, sql):
        return self.query(sql)[0][0]

    def kinds(self):
        """The types of the messages up to ReadyForQuery, as one string, ParameterStatus left out."""
        out = ""
        while not out.endswith("Z"):
            kind, _ = self.next()
            if kind != "S":
                out += kind
        return out

    def extended(self, sql, parameters=(), types=(), formats=(), result_formats=()):
        """One statement by the extended protocol: (description, rows as bytes)."""
        self.send(parse(sql, types=types), bind(parameters, formats=formats, result_formats=result_formats),
                  describe("P"), execute(), sync())
        description, rows = [], []
        for kind, body in self.until_ready():
            if kind == "T":
                description = parse_description(body)
            elif kind == "D":
                rows.append(parse_row(body))
        return description, rows

    def cancel(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as other:
            other.sendall(struct.pack("!ii", 16, CANCEL_REQUEST) + self.key)
            other.recv(1)

    def closed_within(self, seconds):
        """Reads on until the server closes; what came until then. None when it does not close."""
        self.socket.settimeout(seconds)
        got = self.buffer
        self.buffer = b""
        try:
            while True:
                piece = self.socket.recv(1 << 16)
                if not piece:
                    return got
                got += piece
        except ConnectionError:
            return got
        except socket.timeout:
            return None


def parse(sql, name="", types=()):
    return message("P", text(name) + text(sql) + struct.pack("!h", len(types)) +
                   b"".join(struct.pack("!I", t) for t in types))


def bind(parameters=(), statement="", portal="", formats=(), result_formats=()):
    body = text(portal) + text(statement)
    body += struct.pack("!h", len(formats)) + b"".join(struct.pack("!h", f) for f in formats)
    body += struct.pack("!h", len(parameters))
    for value in parameters:
        if value is None:
            body += struct.pack("!i", -1)
        else:
            value = value.encode() if isinstance(value, str) else value
            body += struct.pack("!i", len(value)) + value
    body += struct.pack("!h", len(result_formats)) + b"".join(struct.pack("!h", f) for f in result_formats)
    return message("B", body)


def describe(kind, name=""):
    return message("D", kind.encode() + text(name))


def execute(portal="", rows_max=0):
    return message("E", text(portal) + struct.pack("!i", rows_max))


def close(kind, name=""):
    return message("C", kind.encode() + text(name))


def sync():
    return message("S")


def flush():
    return message("H")


class Server:
    """`weir server` on free ports over a folder of its own, or a given one."""

    def __init__(self, *arguments, data_dir=None, preexec=None, env=None):
        self.own_folder = data_dir is None
        self.data_dir = data_dir or tempfile.mkdtemp(prefix="weir-e2e-")
        self.lines = []
        for port in ("--pg-port", "--http-port", "--otlp-http-port"):
            if port not in arguments:
                arguments += (port, "0")
        self.process = subprocess.Popen(
            [WEIR, "server", "--data-dir", self.data_dir, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, preexec_fn=preexec, env={**os.environ, **(env or {})})
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("weir ready"):
                self.port = int(line.split("pg=")[1].split()[0].rsplit(":", 1)[1])
                self.http_port = int(line.split("http=")[1].split()[0].rsplit(":", 1)[1])
                self.reader = threading.Thread(target=self._drain, daemon=True)
                self.reader.start()
                return
        self.process.wait(timeout=30)
        raise RuntimeError("server did not start:\n" + "".join(self.lines))

    def _drain(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def connect(self, **options):
        return RawClient(self.port, **options)

    def memory_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def terminate(self, timeout=20):
        """SIGTERM: (exit status, seconds until the end)."""
        start = time.monotonic()
        self.process.terminate()
        status = self.process.wait(timeout=timeout)
        return status, time.monotonic() - start

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def remove(self):
        """Ends it in any way, and its folder."""
        if self.process.poll() is None:
            self.kill()
        self.process.stdout.close()
        if self.own_folder:
            shutil.rmtree(self.data_dir, ignore_errors=True)


class ServerCase(unittest.TestCase):
    """Tests of one class share a server, which must live through all of them and stop cleanly at the end."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.arguments)

    @classmethod
    def tearDownClass(cls):
        try:
            crashed = cls.server.process.poll()
            if crashed is not None:
                raise AssertionError(f"the server died with {crashed}:\n" + "".join(cls.server.lines[-30:]))
            status, seconds = cls.server.terminate()
            if status != 0 or seconds > 10:
                raise AssertionError(f"the server ended with {status} after {seconds:.1f} s")
        finally:
            cls.server.remove()

    def connect(self, **options):
        client = self.server.connect(**options)
        self.addCleanup(client.close)
        return client

    def assert_error(self, code, run, *arguments):
        with self.assertRaises(ServerError) as caught:
            run(*arguments)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        return caught.exception


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def run_weir(*arguments, stdin="", timeout=30, **options):
    """Runs a command of the binary to its end."""
    return subprocess.run([WEIR, *arguments], input=stdin, capture_output=True, text=True, timeout=timeout, **options)


def main():
    """usage: x_test.py WEIR [unittest arguments]"""
    global WEIR
    if len(sys.argv) < 2:
        sys.exit(main.__doc__)
    WEIR = os.path.abspath(sys.argv.pop(1))
    sys.modules["pg_raw"].WEIR = WEIR
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == len(result.skipped):
        sys.exit(SKIPPED)
