"""Stopping while clients ask, write, send a body or do not read: nothing acknowledged is lost."""

import socket
import threading
import time

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
