"""Input that means harm: every answer comes soon, and costs the server little memory for long.

docs/hostile-input.md has the figures of an optimised server: run as a program, this prints them.
"""

import gzip
import socket
import time
import zlib

import msgpack
import pytest
import zstandard

from arc_server import ArcServer

MIB = 2**20
# Far above what the optimised server takes: these bound what is absurd, on a busy machine and with
# sanitizers.
SECONDS_MAX = 60
BODY_MAX = 64 * MIB
SETTINGS = {"server.max_payload_size": "64MB", "server.max_inflight_body_bytes": "128MB",
            "ingest.memory_budget": "1GB"}  # fmt: skip


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = ArcServer(tmp_path_factory.mktemp("hostile"), SETTINGS).start()
    running.write_lp("calm", "warm v=1 1")
    running.value("SELECT count(*) FROM warm", "calm")
    yield running
    running.kill()  # a clean stop would make files of a hundred thousand measurements


def gzip_bomb():
    """1 GiB of a line that is good, in 1 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    line = b"bomb v=1 1\n" * 95_325  # 1 MiB
    return b"".join(packer.compress(line) for _ in range(1024)) + packer.flush()


def zstd_bomb():
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    line = b"bomb v=1 1\n" * 95_325
    return b"".join(packer.compress(line) for _ in range(1024)) + packer.flush()


def zstd_that_claims(size):
    """A frame whose header says that it unpacks to `size` bytes."""
    return b"\x28\xb5\x2f\xfd\xe0" + size.to_bytes(8, "little") + b"\x01\x00\x00"


def lp(body):
    return "/write?db=hostile", body


def mp(item):
    body = item if isinstance(item, bytes) else msgpack.packb(item)
    return "/api/v1/write/msgpack?db=hostile", body


def sql(statement):
    import json

    return "/api/v1/query", json.dumps({"sql": statement})


DEEP = 100_000
# What it is: (request, statuses that are right).
INPUTS = {
    "gzip bomb, 1 GiB in 1 MB": (lambda: lp(gzip_bomb()), [413]),
    "zstd bomb, 1 GiB": (lambda: lp(zstd_bomb()), [413]),
    "zstd frame that claims 2^60 bytes": (lambda: lp(zstd_that_claims(1 << 60)), [400, 413]),
    "gzip cut in the middle": (lambda: lp(gzip.compress(b"m v=1 1\n" * 1000)[:40]), [400]),
    "a line with 10^6 fields": (
        lambda: lp("wide " + ",".join(f"f{i}=1" for i in range(10**6)) + " 1"), [400]),
    "10^6 columns in MessagePack": (
        lambda: mp({"m": "wide", "columns": {f"c{i}": [1] for i in range(10**6)}}), [400]),
    "10^5 lines, each with its own field": (
        lambda: lp("\n".join(f"square f{i}=1 {i}" for i in range(10**5))), [400]),
    "10^5 measurements": (
        lambda: lp("\n".join(f"many{i} v=1 1" for i in range(10**5))), [204]),
    "a measurement of 64 KiB": (lambda: lp("m" * 65_536 + " v=1 1"), [400]),
    "a field's name of 64 KiB": (lambda: lp("long " + "f" * 65_536 + "=1 1"), [400]),
    "a tag's value of 32 MiB": (lambda: lp("long,t=" + "x" * (32 * MIB) + " v=1 1"), [400]),
    "NaN and infinities": (
        lambda: lp("nan v=NaN 1\nnan v=Inf 1\nnan v=-inf 1\nnan v=1e999 1"),
        [400],
    ),
    "the year 0001": (lambda: lp("years v=1 -62135596800000000000"), [400]),
    "the year 9999": (lambda: ("/write?db=hostile&precision=s", "years v=1 253402300799"), [400]),
    "the year 2030": (lambda: ("/write?db=hostile&precision=s", "years v=1 1900000000"), [204]),
    "the year 0001 in seconds": (
        lambda: ("/write?db=hostile&precision=s", "years v=2 -62135596800"), [204]),
    "NUL bytes": (lambda: lp(b"nul,t=a\x00b v=\"\x00\" 1"), [204]),
    "a NUL in a measurement": (lambda: lp(b"m\x00 v=1 1"), [400]),
    "not UTF-8": (lambda: lp(b"m,t=\xff v=1 1"), [400]),
    "a megabyte of quotes": (lambda: lp(b'q v="' + b'"' * MIB), [400]),
    "a megabyte of backslashes": (lambda: lp(b'q v="' + b"\\" * MIB), [400]),
    "10^5 open quotes": (lambda: lp(b'q v="x\n' * 10**5), [400]),
    "10^7 newlines": (lambda: lp(b"\n" * 10**7), [400]),
    "MessagePack nested 10^5 deep": (lambda: mp(b"\x91" * DEEP + b"\xc0"), [400]),
    "MessagePack that claims 2^32 items": (lambda: mp(b"\xdd\xff\xff\xff\xff"), [400]),
    "MessagePack that claims a string of 4 GiB": (lambda: mp(b"\xdb\xff\xff\xff\xffx"), [400]),
    "JSON nested 10^5 deep": (lambda: ("/api/v1/query", "[" * DEEP), [400]),
    "SQL nested 10^4 deep": (lambda: sql("SELECT " + "(" * 10_000 + "1" + ")" * 10_000), [400]),
    "SQL of 10^5 UNIONs": (lambda: sql(" UNION ALL ".join(["SELECT 1"] * 60_000)), [400]),
    "SQL longer than allowed": (lambda: sql("SELECT '" + "x" * (2 * MIB) + "'"), [400, 413]),
    "a path of 64 KiB": (lambda: ("/api/v1/" + "x" * 65_536, b""), [400, 404, 414, 431]),
}  # fmt: skip


def send(server, name):
    """Status, seconds, MiB that the process has grown by."""
    path, body = INPUTS[name][0]()
    before = resident_mib(server)
    started = time.monotonic()
    answer = server.post(path, body)
    return answer, time.monotonic() - started, resident_mib(server) - before


@pytest.mark.parametrize("name", INPUTS)
def test_every_hostile_body_has_an_answer(server, name):
    answer, seconds, _ = send(server, name)
    assert answer.status in INPUTS[name][1], (name, answer.status, answer.text[:300])
    assert seconds < SECONDS_MAX
    assert server.get("/health").status == 200
    assert server.value("SELECT count(*) FROM warm", "calm") == 1


@pytest.mark.parametrize("declared", [True, False])
def test_a_gigabyte_is_refused_while_it_comes(server, declared):
    """What was sent is not kept."""
    before = resident_mib(server)
    with socket.create_connection((server.host, server.port), timeout=SECONDS_MAX) as client:
        length = "Content-Length: 1073741824" if declared else "Transfer-Encoding: chunked"
        client.sendall(f"POST /write?db=hostile HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode())
        piece = b"m v=1 1\n" * 131_072
        sent = 0
        try:
            while sent < 1024 * MIB:
                client.sendall(piece if declared else b"%x\r\n" % len(piece) + piece + b"\r\n")
                sent += len(piece)
        except OSError:
            pass  # it does not listen any more
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert resident_mib(server) - before < 400  # the limit of 64 MiB, with a sanitizer's share
    assert server.get("/health").status == 200


def main():
    import tempfile
    from pathlib import Path

    print("| input | status | seconds | memory MiB |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder, ArcServer(Path(folder), SETTINGS) as running:
        running.write_lp("calm", "warm v=1 1")
        running.value("SELECT count(*) FROM warm", "calm")
        million = "\n".join(f"million{i} v=1 1" for i in range(10**6))
        INPUTS["10^6 measurements"] = (lambda: lp(million), None)
        for name in INPUTS:
            answer, seconds, growth = send(running, name)
            print(f"| {name} | {answer.status} | {seconds:.3f} | {growth:+.0f} |", flush=True)
        running.kill()


if __name__ == "__main__":
    main()
