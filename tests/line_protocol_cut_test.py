"""A good body cut at every byte, through the whole server: plain, compressed, and on the wire."""

import gzip
import socket

import pytest
import zstandard

LINES = [
    '{m},tag=a n=1i,text="one, two\nthree",ok=t 1\n',
    '{m},tag=b\\ c n=2i,text="\\"",ok=f 2\n',
    '{m},tag=a n=3i,text="",ok=t 3\n',
]
# What the lines above are, by their time in seconds.
ROWS = {
    1: ["a", 1, "one, two\nthree", True],
    2: ["b c", 2, '"', False],
    3: ["a", 3, "", True],
}


def body_of(measurement):
    return "".join(LINES).format(m=measurement).encode()


def write(server, database, body):
    return server.post(f"/write?db={database}&precision=s", body)


def check_that_all_of_it_can_be_written(server, database):
    answer = write(server, database, body_of("cut"))
    assert answer.status == 204, answer.text
    sql = "SELECT epoch(time)::INT, tag, n, text, ok FROM cut ORDER BY time"
    assert server.query(sql, database).rows == [[time, *cells] for time, cells in ROWS.items()]


def test_plain_bodies_store_the_complete_lines(server, database):
    whole = body_of("m000")
    for size in range(1, len(whole)):
        measurement = f"m{size:03}"
        body = body_of(measurement)[:size]
        answer = write(server, database, body)
        complete_count = sum(
            len("".join(LINES[: nth + 1]).format(m="m000")) <= size + 1 for nth in range(len(LINES))
        )
        if answer.status == 204:
            accepted = complete_count + (0 if body.endswith((b" 1", b" 2", b" 3", b"\n")) else 1)
        else:
            assert answer.status == 400, (body, answer.text)
            accepted = answer.json()["accepted"]
        if accepted == 0:
            continue
        sql = f"SELECT *, epoch(time)::BIGINT AS second FROM {measurement}"
        stored = server.query(sql, database)
        assert len(stored.rows) == accepted, body
        exact = []
        for values in stored.rows:
            row = dict(zip(stored.columns, values, strict=True))
            if row["second"] in ROWS:  # else it was cut, and has the server's time
                exact.append(row["second"])
                assert [row[name] for name in ("tag", "n", "text", "ok")] == ROWS[row["second"]]
        assert sorted(exact) == list(ROWS)[:complete_count], body


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_compressed_bodies_are_refused_whole(server, database, compress):
    compressed = compress(body_of("cut"))
    for size in range(len(compressed)):
        answer = write(server, database, compressed[:size])
        assert answer.status == 400, (size, answer.text)
    check_that_all_of_it_can_be_written(server, database)


def test_a_connection_that_ends_within_the_body_stores_nothing(server, database):
    body = body_of("cut")
    head = (
        f"POST /write?db={database}&precision=s HTTP/1.1\r\nHost: arc\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    for size in range(len(body)):
        with socket.create_connection((server.host, server.port), timeout=60) as connection:
            connection.sendall(head + body[:size])
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert not answer or answer.startswith(b"HTTP/1.1 400 "), (size, answer)
    check_that_all_of_it_can_be_written(server, database)
