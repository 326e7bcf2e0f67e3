#!/usr/bin/env python3
"""Ten thousand idle connections: no threads for them, a bounded price in memory, and all of them usable."""
import random
import resource
import socket
import time
import unittest

from pg_raw import RawClient, Server, ServerError, main, startup_packet, wait_until

CONNECTIONS = 10_000
BYTES_EACH_MAX = 32 << 10  # sanitizers double it


class Connections(unittest.TestCase):
    def test_ten_thousand(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        count = CONNECTIONS
        if hard != resource.RLIM_INFINITY and hard < count + 200:
            count = hard - 200
        if count < 1000:
            self.skipTest(f"this system allows {hard} open files only")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count + 150, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        # The server raises its own soft limit.
        server = Server(preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard)))
        self.addCleanup(server.remove)
        with server.connect() as warm_up:
            warm_up.query("SELECT count(*) FROM generate_series(1, 1000) AS g(x)")
        time.sleep(0.2)
        threads, memory = server.threads(), server.memory_bytes()
        start = time.monotonic()
        clients = []
        packet = startup_packet(user="weir", database="weir")
        # In batches, so that starting up overlaps.
        while len(clients) < count:
            batch = [RawClient(server.port, startup=False) for _ in range(min(200, count - len(clients)))]
            for client in batch:
                client.send(packet)
            for client in batch:
                client.until_ready()
            clients += batch
        seconds = time.monotonic() - start
        grown, more_threads = server.memory_bytes() - memory, server.threads() - threads
        print(f"\n{count} connections in {seconds:.1f} s: {grown // count} bytes of memory each, "
              f"{more_threads} more threads ({server.threads()} in all)")
        self.assertLess(grown // count, BYTES_EACH_MAX)
        self.assertLess(more_threads, 50)
        if count == CONNECTIONS:
            # One more is told why not.
            with self.assertRaises(ServerError) as caught:
                server.connect()
            self.assertEqual(caught.exception.code, "53300")
        rng = random.Random(1)
        start = time.monotonic()
        for client in rng.sample(clients, 300):
            number = rng.randrange(1000000)
            self.assertEqual(client.value(f"SELECT {number} + 1"), str(number + 1))
        print(f"300 queries over a sample of them: {(time.monotonic() - start) / 300 * 1000:.2f} ms each")
        for client in clients[:count // 2]:
            client.close()
        # Those that remain are not disturbed, and there is room again.
        self.assertEqual(clients[-1].value("SELECT 'x'"), "x")
        self.assertTrue(wait_until(lambda: self.can_connect(server)))
        status, seconds = server.terminate()
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)
        for client in clients:
            client.close()

    def can_connect(self, server):
        try:
            server.connect().close()
            return True
        except ServerError:
            return False


if __name__ == "__main__":
    main()
