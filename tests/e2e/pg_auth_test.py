#!/usr/bin/env python3
"""Who may come in: trust on this machine, SCRAM-SHA-256 with and without channel binding, TLS. By libpq (psql) and
message by message."""
import base64
import hashlib
import hmac
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import unittest

import pg_raw
from pg_raw import (SSL_REQUEST, RawClient, Server, ServerCase, ServerError, main, message, parse_fields,
                    startup_packet, text)

PSQL = shutil.which("psql")


def psql(port, sql="SELECT 1", user="weir", password=None, **parameters):
    """(exit status, output with errors)"""
    quoted = " ".join(f"{name}='" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
                      for name, value in {"host": "127.0.0.1", "port": port, "user": user, "dbname": "weir",
                                          "connect_timeout": 10, **parameters}.items())
    env = {**os.environ, "PGPASSWORD": password or ""}
    for name in ("PGUSER", "PGDATABASE", "PGHOST", "PGSSLMODE"):
        env.pop(name, None)
    done = subprocess.run([PSQL, "-X", "-At", "-w", "-c", sql, quoted], capture_output=True, text=True, timeout=30,
                          env=env)
    return done.returncode, (done.stdout + done.stderr).strip()


def make_certificate(folder, name="server", host="localhost"):
    certificate, key = os.path.join(folder, name + ".crt"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host},IP:127.0.0.1"],
                   check=True, capture_output=True, timeout=60)
    return certificate, key


class Scram:
    """The client's side of one exchange over a raw connection."""

    def __init__(self, client, user, password, mechanism="SCRAM-SHA-256", header=b"n,,", binding=b"", nonce="abcdef"):
        client.send(startup_packet(user=user, database="weir"))
        kind, body = client.next()
        assert kind == "R" and body[:4] == b"\0\0\0\x0a", (kind, body)
        self.mechanisms = [m.decode() for m in body[4:].split(b"\0") if m]
        self.client, self.password, self.header, self.binding = client, password, header, binding
        self.bare = b"n=,r=" + nonce.encode()
        first = header + self.bare
        client.send(message("p", text(mechanism) + struct.pack("!i", len(first)) + first))

    def challenge(self):
        kind, body = self.client.next()
        if kind == "E":
            raise ServerError(parse_fields(body))
        assert body[:4] == b"\0\0\0\x0b", body
        self.server_first = body[4:]
        parts = dict((part[:1], part[2:]) for part in self.server_first.split(b","))
        self.nonce, self.salt, self.iterations = parts[b"r"], base64.b64decode(parts[b"s"]), int(parts[b"i"])

    def finish(self, proof=None):
        without = b"c=" + base64.b64encode(self.header + self.binding) + b",r=" + self.nonce
        signed = self.bare + b"," + self.server_first + b"," + without
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, self.iterations)
        sign = lambda key, what: hmac.new(key, what, hashlib.sha256).digest()
        client_key = sign(salted, b"Client Key")
        signature = sign(hashlib.sha256(client_key).digest(), signed)
        made = bytes(a ^ b for a, b in zip(client_key, signature))
        self.client.send(message("p", without + b",p=" + (base64.b64encode(made) if proof is None else proof)))
        messages = self.client.until_ready()
        expected = b"v=" + base64.b64encode(sign(sign(salted, b"Server Key"), signed))
        assert messages[0] == ("R", b"\0\0\0\x0c" + expected), "the server does not know the password itself"


class Trust(ServerCase):
    def test_everybody_without_passwords(self):
        self.connect(user="weir")
        self.connect(user="somebody else")
        self.connect(user="žluť")

    @unittest.skipUnless(PSQL, "psql is not installed")
    def test_ssl_modes_without_tls(self):
        self.assertEqual(psql(self.server.port, sslmode="prefer"), (0, "1"))
        status, output = psql(self.server.port, sslmode="require")
        self.assertEqual(status, 2)
        self.assertIn("server does not support SSL", output)

    @unittest.skipUnless(PSQL, "psql is not installed")
    def test_other_address_needs_a_password(self):
        addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
        addresses = [a for a in addresses if ":" not in a and not a.startswith("127.")]
        if not addresses:
            self.skipTest("this machine has no address but the loopback one")
        server = Server("--listen", "0.0.0.0")
        self.addCleanup(server.remove)
        with self.assertRaises(ServerError) as caught:
            with socket.create_connection((addresses[0], server.port), timeout=10) as other:
                client = RawClient.__new__(RawClient)
                client.socket, client.buffer, client.parameters = other, b"", {}
                client.send(startup_packet(user="weir", database="weir"))
                client.until_ready()
        self.assertEqual(caught.exception.code, "28000")
        self.assertIn("PASSWORD", caught.exception.fields["H"])


class Passwords(ServerCase):
    USERS = {"weir": "secret", "odd user, =with 'all'": "pass word'\\", "žluťoučký": "kůň", "Ⅸ": "ﬁve\u00adⅨ",
             "empty": " "}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.server.connect() as client:
            for user, password in reversed(cls.USERS.items()):
                verb = "ALTER" if user == "weir" else "CREATE"
                client.query(f'{verb} USER "{user}" PASSWORD \'' + password.replace("'", "''") + "'")

    def exchange(self, user, password, **options):
        client = self.connect(startup=False)
        exchange = Scram(client, user, password, **options)
        exchange.challenge()
        exchange.finish()
        return client

    @unittest.skipUnless(PSQL, "psql is not installed")
    def test_by_libpq(self):
        for user, password in self.USERS.items():
            with self.subTest(user=user):
                self.assertEqual(psql(self.server.port, "SELECT current_user", user, password), (0, user))
                status, output = psql(self.server.port, "SELECT 1", user, password + "x")
                self.assertEqual(status, 2)
                self.assertIn("password authentication failed", output)
        status, output = psql(self.server.port, "SELECT 1", "nobody", "secret")
        self.assertEqual(status, 2)
        self.assertIn('password authentication failed for user "nobody"', output)
        status, output = psql(self.server.port, "SELECT 1", "weir", None)
        self.assertEqual(status, 2)
        self.assertIn("no password supplied", output)
        status, output = psql(self.server.port, "SELECT 1", "weir", "secret", channel_binding="require")
        self.assertEqual(status, 2)

    def test_by_messages(self):
        client = self.exchange("weir", "secret")
        self.assertEqual(client.value("SELECT 1"), "1")
        error = self.assert_error("28P01", self.exchange, "weir", "wrong")
        self.assertEqual(error.fields["S"], "FATAL")
        self.assert_error("28P01", self.exchange, "nobody", "secret")

    def test_unknown_users_look_like_known_ones(self):
        salts = {}
        for user in ("weir", "nobody", "nobody", "weir", "somebody"):
            exchange = Scram(self.connect(startup=False), user, "x")
            exchange.challenge()
            self.assertEqual((len(exchange.salt), exchange.iterations), (16, 4096))
            salts.setdefault(user, set()).add(exchange.salt)
        self.assertEqual([len(s) for s in salts.values()], [1, 1, 1])
        self.assertEqual(len(set.union(*salts.values())), 3)

    def test_malformed_exchanges(self):
        for first in (b"", b"n", b"n,,", b"n,,n=,r", b"x,,n=,r=abc", b"p=tls-unique,,n=,r=abc", b"\xff\xff"):
            with self.subTest(first=first):
                client = self.connect(startup=False)
                client.send(startup_packet(user="weir"))
                client.next()
                client.send(message("p", text("SCRAM-SHA-256") + struct.pack("!i", len(first)) + first))
                self.assert_error("08P01", client.until_ready)
        for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", ""):
            client = self.connect(startup=False)
            with self.assertRaises(ServerError):
                Scram(client, "weir", "secret", mechanism=mechanism).challenge()
        for proof in (b"", b"!!!!", b"AAAA", base64.b64encode(b"x" * 32)):
            exchange = Scram(self.connect(startup=False), "weir", "secret")
            exchange.challenge()
            with self.assertRaises(ServerError) as caught:
                exchange.finish(proof)
            self.assertIn(caught.exception.code, ("08P01", "28P01"))
        client = self.connect(startup=False)
        client.send(startup_packet(user="weir"), message("Q", text("SELECT 1")))
        self.assertEqual(client.next()[0], "R")
        self.assert_error("08P01", client.until_ready)

    def test_changed_password(self):
        admin = self.exchange("weir", "secret")
        admin.query("CREATE USER changing PASSWORD 'one'")
        self.exchange("changing", "one")
        admin.query("ALTER USER changing PASSWORD 'two'")
        self.assert_error("28P01", self.exchange, "changing", "one")
        self.exchange("changing", "two")
        admin.query("DROP USER changing")
        self.assert_error("28P01", self.exchange, "changing", "two")

    def test_files_of_the_server(self):
        """COPY with a file is for superusers and members of two roles; without it for everybody."""
        path = os.path.join(self.server.data_dir, "copied.csv")
        admin = self.exchange("weir", "secret")
        admin.query("CREATE TABLE copied AS SELECT 1 AS a")
        admin.query("CREATE USER plain PASSWORD 'one'")
        plain = self.exchange("plain", "one")
        writes, reads = f"COPY copied TO '{path}'", f"COPY copied FROM '{path}'"
        for sql, role in ((writes, "pg_write_server_files"), (reads, "pg_read_server_files")):
            error = self.assert_error("42501", plain.query, sql)
            self.assertIn(role, error.message)
            self.assertIn("stdin", error.fields["H"])
        plain.query("COPY copied TO STDOUT")
        for sql in ("CREATE USER other SUPERUSER", "GRANT pg_write_server_files TO plain", "ALTER USER plain SUPERUSER",
                    "DROP USER plain", "ALTER USER weir PASSWORD 'mine'"):
            self.assert_error("42501", plain.query, sql)
        admin.query("GRANT pg_write_server_files TO plain")
        plain.query(writes)
        self.assert_error("42501", plain.query, reads)
        admin.query("GRANT pg_read_server_files TO plain")
        plain.query(reads)
        admin.query("REVOKE pg_read_server_files, pg_write_server_files FROM plain")
        self.assert_error("42501", plain.query, reads)
        admin.query("ALTER USER plain SUPERUSER")
        plain.query(writes)
        self.assertEqual(admin.value("SELECT rolsuper FROM pg_roles WHERE rolname = 'plain'"), "t")
        # The password is the same, and one's own can be changed.
        self.exchange("plain", "one")
        admin.query("ALTER USER plain NOSUPERUSER")
        plain.query("ALTER USER plain PASSWORD 'two'")
        self.exchange("plain", "two")
        self.assert_error("42704", admin.query, "GRANT nosuch TO plain")
        self.assert_error("42704", admin.query, "GRANT pg_read_server_files TO nosuch")
        self.assert_error("0A000", admin.query, "GRANT SELECT ON copied TO plain")
        admin.query("DROP USER plain")
        admin.query("DROP TABLE copied")


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="weir-tls-")
        cls.certificate, key = make_certificate(cls.folder)
        cls.server = Server("--tls-cert", cls.certificate, "--tls-key", key, "--tls-required")

    @classmethod
    def tearDownClass(cls):
        try:
            assert cls.server.terminate()[0] == 0
        finally:
            cls.server.remove()
            shutil.rmtree(cls.folder, ignore_errors=True)

    def encrypted(self, **parameters):
        client = RawClient(self.server.port, startup=False)
        self.addCleanup(client.close)
        client.send(struct.pack("!ii", 8, SSL_REQUEST))
        self.assertEqual(client.take(1), b"S")
        context = ssl.create_default_context(cafile=self.certificate)
        client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        if parameters:
            client.send(startup_packet(**parameters))
            client.until_ready()
        return client

    def test_encrypted(self):
        client = self.encrypted(user="weir")
        self.assertIn(client.socket.version(), ("TLSv1.2", "TLSv1.3"))
        self.assertEqual(client.value("SELECT 1"), "1")
        # Larger than any record, both ways.
        rows = client.query("SELECT x, repeat('v', 100) FROM generate_series(1, 20000) AS g(x)")
        self.assertEqual(len(rows), 20000)
        self.assertEqual(client.value("SELECT length('" + "ab" * 300000 + "')"), "600000")
        client.cancel = None

    def test_plain_is_refused(self):
        for parameters in ({}, {"_tls": "on"}, {"ssl": "on"}):
            with self.assertRaises(ServerError) as caught:
                RawClient(self.server.port, **parameters)
            self.assertEqual(caught.exception.code, "28000")
            self.assertIn("sslmode=require", caught.exception.fields["H"])

    def test_bytes_before_the_handshake_are_refused(self):
        client = RawClient(self.server.port, startup=False)
        self.addCleanup(client.close)
        client.send(struct.pack("!ii", 8, SSL_REQUEST) + startup_packet(user="weir"))
        got = client.closed_within(5)
        self.assertIsNotNone(got)
        self.assertNotIn(b"Z\0\0\0\x05", got)

    def test_bad_handshakes(self):
        for data in (b"\x16\x03\x01\0\x05hello", b"\0" * 100, b"GET / HTTP/1.1\r\n\r\n", b""):
            client = RawClient(self.server.port, startup=False)
            client.send(struct.pack("!ii", 8, SSL_REQUEST))
            self.assertEqual(client.take(1), b"S")
            client.send(data)
            if data:
                self.assertIsNotNone(client.closed_within(5))
            client.close()
        # No TLS inside TLS.
        client = self.encrypted()
        client.send(struct.pack("!ii", 8, SSL_REQUEST))
        self.assertEqual(client.take(1), b"N")
        self.test_encrypted()

    def test_old_versions_are_refused(self):
        done = subprocess.run(["openssl", "s_client", "-starttls", "postgres", "-connect",
                               f"127.0.0.1:{self.server.port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
        self.assertNotEqual(done.returncode, 0)

    @unittest.skipUnless(PSQL, "psql is not installed")
    def test_by_libpq(self):
        port = self.server.port
        self.assertEqual(psql(port, sslmode="require"), (0, "1"))
        self.assertEqual(psql(port, sslmode="verify-ca", sslrootcert=self.certificate), (0, "1"))
        self.assertEqual(psql(port, host="localhost", hostaddr="127.0.0.1", sslmode="verify-full",
                              sslrootcert=self.certificate), (0, "1"))
        status, output = psql(port, sslmode="disable")
        self.assertEqual(status, 2)
        self.assertIn("encrypted connections only", output)
        other, _ = make_certificate(self.folder, "other")
        status, output = psql(port, sslmode="verify-ca", sslrootcert=other)
        self.assertEqual(status, 2)
        self.assertIn("certificate verify failed", output)

    def test_channel_binding(self):
        admin = self.encrypted(user="weir")
        admin.query("ALTER USER weir PASSWORD 'secret'")
        try:
            with open(self.certificate) as pem:
                end_point = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read())).digest()
            plus = {"mechanism": "SCRAM-SHA-256-PLUS", "header": b"p=tls-server-end-point,,"}
            exchange = Scram(self.encrypted(), "weir", "secret", binding=end_point, **plus)
            self.assertEqual(exchange.mechanisms, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"])
            exchange.challenge()
            exchange.finish()
            self.assertEqual(exchange.client.value("SELECT 1"), "1")
            # Somebody else's certificate in between.
            exchange = Scram(self.encrypted(), "weir", "secret", binding=b"x" * 32, **plus)
            exchange.challenge()
            with self.assertRaises(ServerError):
                exchange.finish()
            # Without binding: fine when the client cannot, not when somebody hid that we can.
            exchange = Scram(self.encrypted(), "weir", "secret", header=b"n,,")
            exchange.challenge()
            exchange.finish()
            exchange = Scram(self.encrypted(), "weir", "secret", header=b"y,,")
            with self.assertRaises(ServerError) as caught:
                exchange.challenge()
            self.assertIn("channel binding", caught.exception.message)
            if PSQL:
                for binding in ("require", "prefer", "disable"):
                    self.assertEqual(psql(self.server.port, password="secret", sslmode="require",
                                          channel_binding=binding), (0, "1"))
        finally:
            admin.query("ALTER USER weir PASSWORD NULL")


class Certificates(unittest.TestCase):
    def test_wrong_files(self):
        with tempfile.TemporaryDirectory(prefix="weir-tls-") as folder:
            certificate, _ = make_certificate(folder)
            _, other_key = make_certificate(folder, "other")
            base = ["server", "--data-dir", os.path.join(folder, "data"), "--pg-port", "0", "--http-port", "0",
                    "--otlp-http-port", "0"]
            for arguments in (["--tls-cert", certificate, "--tls-key", other_key],
                              ["--tls-cert", "/nosuch", "--tls-key", other_key],
                              ["--tls-cert", certificate],
                              ["--tls-key", other_key],
                              ["--tls-required"]):
                with self.subTest(arguments=arguments):
                    done = pg_raw.run_weir(*base, *arguments)
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn("TLS", done.stderr)


if __name__ == "__main__":
    main()
