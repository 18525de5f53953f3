"""Requests that two readers could take apart differently: one answer, and the connection ends.

Behind each attack comes a second request, which must not be answered: it would be somebody else's.
"""

import socket

import pytest

SMUGGLED = b"POST /write?db=smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nm v=1"
HEAD = b"POST /write?db=good HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

ATTACKS = {
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 0\r\n\r\nm v=1",
    "a list of lengths": HEAD + b"Content-Length: 5, 0\r\n\r\nm v=1",
    "a length with a sign": HEAD + b"Content-Length: +5\r\n\r\nm v=1",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\nm v=1",
    "a length in hex": HEAD + b"Content-Length: 0x5\r\n\r\nm v=1",
    "a length past 64 bits": HEAD + b"Content-Length: 18446744073709551621\r\n\r\nm v=1",
    "a folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a coding folded by a tab": HEAD + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n",
    "a folded length": HEAD + b"Content-Length:\r\n 5\r\n\r\nm v=1",
    "any folded field": HEAD + b"X: a\r\n b\r\nContent-Length: 5\r\n\r\nm v=1",
    "a fold that is empty": HEAD + b"X: a\r\n \r\nContent-Length: 5\r\n\r\nm v=1",
    "a fold before the first field":
        b"POST /write?db=good HTTP/1.1\r\n Host: x\r\nContent-Length: 5\r\n\r\nm v=1",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "chunked twice in a list":
        HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a coding behind a comma": HEAD + b"Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n",
    "an empty coding": HEAD + b"Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nm v=1",
    "a vertical tab before the coding":
        HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "lines that end without CR":
        b"POST /write?db=good HTTP/1.1\nHost: x\nContent-Length: 5\n\nm v=1",
    "one line without CR":
        HEAD + b"X: a\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nm v=1",
    "an unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a name with a space": HEAD + b"X Y: z\r\nContent-Length: 5\r\n\r\nm v=1",
    "a NUL in a value": HEAD + b"X: a\0b\r\nContent-Length: 5\r\n\r\nm v=1",
    "a CR in a value": HEAD + b"X: a\rContent-Length: 0\r\nContent-Length: 5\r\n\r\nm v=1",
    "a chunk's size that is none": CHUNKED + b"zz\r\nm v=1\r\n0\r\n\r\n",
    "a chunk's size past 64 bits": CHUNKED + b"10000000000000005\r\nm v=1\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"2\r\nm v=1\r\n0\r\n\r\n",
    "no version": b"POST /write?db=good\r\n\r\n",
    "another version": b"POST /write?db=good HTTP/9.9\r\n\r\n",
    "a line break in the target": b"POST /write?db=good\nX: HTTP/1.1\r\n\r\n",
}


def talk(server, data):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(data)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    return answer


@pytest.mark.parametrize("name", ATTACKS)
def test_one_answer_and_the_end(server, name):
    answer = talk(server, ATTACKS[name] + SMUGGLED)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501", b"HTTP/1.1 505")), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    databases = [d["name"] for d in server.request("GET", "/api/v1/databases").json()["databases"]]
    assert "smuggled" not in databases


def test_headers_of_answers_hold_no_text_of_requests(server):
    """Nothing that a client sends can break out into the answer's header."""
    for target in ("/x%0d%0aSet-Cookie:%20a", "/api/v1/query/x%0d%0aSet-Cookie:%20a",
                   "/api/v1/databases/%0d%0aSet-Cookie:%20a"):
        request = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        answer = talk(server, request.encode())
        head, _, _ = answer.partition(b"\r\n\r\n")
        assert b"Set-Cookie" not in head and head.startswith(b"HTTP/1.1 4"), answer
