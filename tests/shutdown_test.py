"""Stopping while clients ask, write, send a body or do not read: nothing acknowledged is lost."""

import json
import signal
import socket
import threading
import time

import pytest

from arc_client import ArcClient
from arc_server import ArcServer

WRITERS = 6


class Writer(threading.Thread):
    """Writes one row after another until it is refused or cut off."""

    def __init__(self, server, number):
        super().__init__()
        self.server, self.number = server, number
        self.acknowledged = self.unknown = 0
        self.statuses = set()

    def run(self):
        for i in range(1_000_000):
            try:
                answer = self.server.request("POST", "/write?db=stop", f"m,w=w{self.number} v={i}i")
            except OSError:
                self.unknown += 1  # it may have been stored
                return
            except Exception:  # noqa: BLE001  http.client's own: the answer was cut off
                self.unknown += 1
                return
            self.statuses.add(answer.status)
            if answer.status != 204:
                return
            self.acknowledged += 1


def test_every_answer_during_a_stop_is_true(tmp_path):
    with ArcServer(tmp_path) as server:
        writers = [Writer(server, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + 60
        while sum(writer.acknowledged for writer in writers) < 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        began = time.monotonic()
        server.stop()  # exit code 0
        assert time.monotonic() - began < 40
        for writer in writers:
            writer.join()
            assert writer.statuses <= {204, 503}, writer.statuses
        server.start()
        sql = "SELECT w, count(*)::BIGINT, count(DISTINCT v)::BIGINT FROM m GROUP BY w"
        rows = server.query(sql, "stop").rows
        stored = {w: (count, distinct) for w, count, distinct in rows}
        for writer in writers:
            count, distinct = stored.get(f"w{writer.number}", (0, 0))
            assert count == distinct
            assert writer.acknowledged <= count <= writer.acknowledged + writer.unknown


def test_readers_that_stop_reading_do_not_hold_a_stop_up(tmp_path):
    with ArcServer(tmp_path, {"server.shutdown_timeout": "5"}) as server:
        lines = "\n".join(f"m v={i}i {i + 1}" for i in range(50_000))
        assert server.request("POST", "/write?db=slow", lines).status == 204
        body = (b'{"sql": "SELECT a.v, repeat(\'x\', 200) AS t FROM m a, '
                b'(SELECT * FROM range(50)) b"}')
        readers = []
        for _ in range(8):
            reader = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nx-arc-database: slow\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            assert reader.recv(12) == b"HTTP/1.1 200"  # and nothing more, ever
            readers.append(reader)
        assert server.query("SELECT count(*) AS n FROM m", "slow").rows[0][0] == 50_000
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 5 + 1 + 4  # a sanitized build is slow to end
        for reader in readers:
            reader.close()


def send_query(server, sql, path="/api/v1/query", **more):
    body = json.dumps({"sql": sql, **more}).encode()
    client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    client.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                   % (path.encode(), len(body), body))
    return client


def read_to_the_end(client):
    content = b""
    try:
        while piece := client.recv(1 << 16):
            content += piece
    except ConnectionResetError:
        pass
    return content


def unchunked(answer):
    """The body of a chunked answer, and whether its last chunk is there."""
    body, rest = b"", answer.partition(b"\r\n\r\n")[2]
    while rest:
        length, _, rest = rest.partition(b"\r\n")
        if length == b"0":
            return body, True
        size = int(length, 16)
        body, rest = body + rest[:size], rest[size + 2:]
    return body, False


@pytest.mark.parametrize("rows", [200_000, 10**9])
def test_an_answer_during_a_stop_is_whole_or_visibly_cut(rows, tmp_path):
    """One that ends in time is whole; one that does not says so, or lacks its end."""
    with ArcServer(tmp_path, {"server.shutdown_timeout": "3"}) as server:
        sql = f"SELECT range AS n FROM range({rows})"
        clients = [send_query(server, sql, path)
                   for path in ("/api/v1/query", "/api/v1/query/stream") * 2]
        for client in clients:
            assert client.recv(12) == b"HTTP/1.1 200"  # it has begun
        answers = []
        readers = [threading.Thread(target=lambda c=client: answers.append(read_to_the_end(c)))
                   for client in clients]
        server.process.send_signal(signal.SIGTERM)
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert server.process.wait(20) == 0
        for answer in answers:
            body, has_end = unchunked(b"HTTP/1.1 200" + answer)
            assert len(body) > 0
            told = b'"error"' in body[-1000:]
            assert told or has_end == (rows < 10**9), body[-300:]
            if not told and has_end:
                last = b"[%d]" if body.startswith(b'{"success"') else b'"n":%d'
                assert last % (rows - 1) in body[-1000:], body[-300:]
        for client in clients:
            client.close()


def test_half_a_body_holds_no_stop_up_and_stores_nothing(tmp_path):
    settings = {"server.shutdown_timeout": "2", "server.read_timeout": "300"}
    with ArcServer(tmp_path, settings) as server:
        clients = []
        for path in ("/write?db=half", "/api/v1/import/csv?db=half&measurement=m"):
            for _ in range(10):
                client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
                client.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
                               b"m v=1i 1\nm v=2i 2\n" % path.encode())
                clients.append(client)
        assert server.post("/write?db=whole", "m v=1i 1").status == 204
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 2 + 1 + 4
        for client in clients:
            assert b"204" not in read_to_the_end(client)[:20]
            client.close()
        server.start()
        assert server.value("SELECT v FROM m", "whole") == 1
        assert server.query_answer("SELECT * FROM m", "half").status != 200


def test_who_comes_during_a_stop_is_refused_or_told(tmp_path):
    """The stop is held up by a query; nothing that comes meanwhile is stored in silence."""
    with ArcServer(tmp_path, {"server.shutdown_timeout": "3"}) as server:
        assert server.post("/write?db=stop", "m v=0i 1").status == 204
        endless = "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b"
        busy = send_query(server, endless)
        deadline = time.monotonic() + 20
        while not server.get("/api/v1/queries/active").json()["queries"]:
            assert time.monotonic() < deadline
        server.disconnect()
        server.process.send_signal(signal.SIGTERM)
        acknowledged, unknown, refused = [0], [], 0
        for number in range(1, 10**6):
            try:
                answer = ArcClient(server.port, timeout=20).post("/write?db=stop",
                                                                 f"m v={number}i {number + 1}")
            except ConnectionRefusedError:
                refused += 1
                if server.process.poll() is not None:
                    break
                continue
            except OSError:  # cut off before its answer
                unknown.append(number)
                continue
            assert answer.status in (204, 503), answer
            if answer.status == 204:
                acknowledged.append(number)
            else:
                refused += 1
        assert refused > 1 and server.process.returncode == 0
        assert read_to_the_end(busy)[:12] != b"HTTP/1.1 200"
        busy.close()
        server.start()
        stored = [v for v, in server.query("SELECT v FROM m ORDER BY v", "stop").rows]
        assert set(acknowledged) <= set(stored) <= {*acknowledged, *unknown}
        assert len(stored) == len(set(stored))
