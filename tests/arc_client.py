"""Talks HTTP to an Arc server, with the standard library only.

Threads: any; every thread has a keep-alive connection of its own.
"""

import http.client
import json
import socket
import threading
import time
from typing import NamedTuple

import msgpack

# A connection that was silent for longer may have been closed by the server: it is not used again.
REUSE_SECONDS_MAX = 60


class Answer(NamedTuple):
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Rows(NamedTuple):
    columns: list
    rows: list


class ServerError(Exception):
    """An answer that is not the one that was hoped for."""

    def __init__(self, answer, what):
        super().__init__(f"{what}: {answer.status} {answer.text[:2000]}")
        self.answer = answer


class ArcClient:
    def __init__(self, port, host="127.0.0.1", timeout=300, tls=None):
        """tls: an ssl.SSLContext for HTTPS."""
        self.host, self.port, self.timeout, self.tls = host, port, timeout, tls
        self._local = threading.local()

    def request(self, method, path, body=b"", headers=None):
        """Any complete answer is a value, whatever its status."""
        if isinstance(body, str):
            body = body.encode()
        connection = self._connection()
        try:
            connection.request(method, path, body=body or None, headers=headers or {})
            response = connection.getresponse()
            content = response.read()
        except Exception:
            self.disconnect()
            raise
        self._local.used_at = time.monotonic()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, content)

    def _connection(self):
        used_at = getattr(self._local, "used_at", None)
        if used_at is None or time.monotonic() - used_at > REUSE_SECONDS_MAX:
            self.disconnect()
            connection = self._new_connection()
            connection.connect()
            # Header and body are two sends: without this the second waits for an acknowledgement.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._local.connection = connection
            self._local.used_at = time.monotonic()
        return self._local.connection

    def _new_connection(self):
        if self.tls is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        return http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout,
                                           context=self.tls)

    def disconnect(self):
        """Closes this thread's connection; the next request opens another."""
        if getattr(self._local, "used_at", None) is not None:
            self._local.connection.close()
            self._local.used_at = None

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=b"", headers=None):
        return self.request("POST", path, body, headers)

    def query(self, sql, db=None):
        """Column names and rows; raises ServerError for anything but success."""
        answer = self.query_answer(sql, db)
        if answer.status != 200 or not answer.json()["success"]:
            raise ServerError(answer, sql)
        content = answer.json()
        assert content["row_count"] == len(content["data"]), content
        return Rows(content["columns"], content["data"])

    def query_answer(self, sql, db=None):
        headers = {"Content-Type": "application/json"}
        if db is not None:
            headers["x-arc-database"] = db
        return self.post("/api/v1/query", json.dumps({"sql": sql}), headers)

    def value(self, sql, db=None):
        """The one value of the one row."""
        rows = self.query(sql, db).rows
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return rows[0][0]

    def write_lp(self, db, text, precision="ns"):
        """Raises ServerError unless every line was stored."""
        path = f"/api/v1/write/line-protocol?precision={precision}"
        self._expect_204(self.post(path, text, {"x-arc-database": db}), "line protocol")

    def write_msgpack(self, db, content):
        """Raises ServerError unless every row was stored."""
        headers = {"x-arc-database": db, "Content-Type": "application/msgpack"}
        body = msgpack.packb(content)
        self._expect_204(self.post("/api/v1/write/msgpack", body, headers), "msgpack")

    @staticmethod
    def _expect_204(answer, what):
        if answer.status != 204:
            raise ServerError(answer, what)

    def flush(self):
        """Returns when every row acknowledged before is in a file."""
        answer = self.post("/api/v1/write/line-protocol/flush")
        if answer.status != 200:
            raise ServerError(answer, "flush")

    def metrics(self):
        """Name (with its labels, as written) → value."""
        lines = self.get("/metrics").text.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}
