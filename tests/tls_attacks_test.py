"""Clients that speak TLS badly, slowly or not at all: they are dropped in time, the others are
served meanwhile, and the server stops when it is asked to."""

import contextlib
import os
import random
import socket
import ssl
import struct
import subprocess
import time
from pathlib import Path

import pytest

from certificates import client_context
from tls_test import Secured, get, wait_until

HALF_OPEN = int(os.environ.get("ARC_HALF_OPEN", "200"))
SEED = int(os.environ.get("ARC_SEED", "0")) or random.randrange(10**9)
HANDSHAKE = 0x16
ANSWER_SECONDS_MAX = 5  # of the others, meanwhile; under sanitizers as well


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    settings = {"server.read_timeout": "3", "server.shutdown_timeout": "5"}
    with Secured(tmp_path_factory.mktemp("tls"), settings) as own:
        yield own


@pytest.fixture(autouse=True)
def nothing_is_left(secured):
    """Every test's connections are gone at its end, and the server is well."""
    secured.server.disconnect()
    before = sockets(secured)
    yield
    secured.server.disconnect()
    wait_until(lambda: sockets(secured) <= before, "connections are left")
    assert secured.server.get("/health").json()["problems"] == []


def sockets(secured):
    """How many the server has open."""
    descriptors = Path(f"/proc/{secured.server.process.pid}/fd")
    names = []
    for descriptor in descriptors.iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(descriptor))
    return sum(name.startswith("socket:") for name in names)


def failures(secured):
    return secured.server.metrics()["arc_tls_handshake_failures_total"]


def plain(secured):
    client = socket.create_connection(("127.0.0.1", secured.server.port), timeout=30)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def reset(client):
    """Closes with an RST instead of a goodbye."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class Handshake:
    """A client's side whose bytes the test carries."""

    def __init__(self, secured, version=None):
        context = client_context(secured.certificate)
        if version:
            context.minimum_version = context.maximum_version = version
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")

    def step(self):
        """(whether it is done, what is to be sent)"""
        try:
            self.session.do_handshake()
            return True, self.outgoing.read()
        except ssl.SSLWantReadError:
            return False, self.outgoing.read()


def hello(secured):
    return Handshake(secured).step()[1]


def is_closed(client):
    """Reads what there is and returns once the server has closed the connection."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def others_are_served(secured):
    began = time.monotonic()
    with secured.connect() as client:
        assert " 200 OK" in get(client)
    assert time.monotonic() - began < ANSWER_SECONDS_MAX


def garbage(numbers, good):
    """What is sent instead of a hello."""
    kind = numbers.randrange(6)
    if kind == 0:
        return numbers.randbytes(numbers.randrange(1, 5000))
    if kind == 1:  # a record that promises more than it may hold
        return bytes([HANDSHAKE, 3, 1, 255, 255]) + numbers.randbytes(20_000)
    if kind == 2:  # no handshake: an alert, data, something unknown
        return bytes([numbers.choice([0, 20, 21, 23, 24, 99]), 3, 3, 0, 2, 1, 0])
    if kind == 3:  # a hello of SSL 2
        return bytes([0x80, 0x2E, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10]) + numbers.randbytes(37)
    if kind == 4:
        at = numbers.randrange(len(good))
        return good[:at] + bytes([good[at] ^ 1 << numbers.randrange(8)]) + good[at + 1:]
    return good + numbers.randbytes(numbers.randrange(1, 300))  # and then garbage


def test_garbage_instead_of_a_hello(secured):
    numbers, good = random.Random(SEED), hello(secured)
    for i in range(200):
        sent = garbage(numbers, good)
        with plain(secured) as client:
            try:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                continue  # it had closed already
            assert is_closed(client), f"ARC_SEED={SEED}, {i}"
    others_are_served(secured)


def test_a_hello_cut_at_every_byte(secured):
    good = hello(secured)
    for cut in range(0, len(good), max(1, len(good) // 150)):
        client = plain(secured)
        client.sendall(good[:cut])
        reset(client) if cut % 2 else client.close()
    others_are_served(secured)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_handshake_byte_by_byte(secured, version):
    handshake = Handshake(secured, version)
    with plain(secured) as client:
        is_done = False
        while not is_done:
            is_done, out = handshake.step()
            for i in range(len(out)):
                client.sendall(out[i:i + 1])
            if not is_done:
                piece = client.recv(1)
                assert piece
                handshake.incoming.write(piece)
        handshake.session.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for byte in handshake.outgoing.read():
            client.sendall(bytes([byte]))
        while piece := client.recv(65536):
            handshake.incoming.write(piece)
        answer = b""
        while b"problems" not in answer:  # TLS 1.3 sends tickets first
            answer += handshake.session.read(65536)
        assert answer.startswith(b"HTTP/1.1 200")


def test_a_handshake_that_drips_is_not_waited_for(secured):
    """The time limit is for all of it: a byte now and then does not move it."""
    before = failures(secured)
    with plain(secured) as client:
        began = time.monotonic()
        try:
            for byte in hello(secured):
                client.sendall(bytes([byte]))
                time.sleep(0.1)  # it is what is tested
                assert time.monotonic() - began < 10, "still open"
        except (BrokenPipeError, ConnectionResetError):
            pass
    wait_until(lambda: failures(secured) == before + 1, "not counted")


def half_open(secured, count):
    """Connections that stop at several places of a handshake."""
    clients = []
    for i in range(count):
        client = plain(secured)
        good = hello(secured) if i % 4 else b""
        client.sendall(good[:[0, 1, 5, len(good)][i % 4]])
        clients.append(client)
    return clients


def test_half_open_connections_are_dropped_and_the_others_served(secured):
    clients = half_open(secured, HALF_OPEN)
    wait_until(lambda: sockets(secured) >= HALF_OPEN, "not accepted")
    others_are_served(secured)
    for client in clients:
        assert is_closed(client)
        client.close()


def test_closed_in_the_middle(secured):
    """At every flight of the handshake, with and without goodbye."""
    for i in range(100):
        handshake, client = Handshake(secured), plain(secured)
        for _ in range(i % 3):
            client.sendall(handshake.step()[1])
            handshake.incoming.write(client.recv(65536))
        if i % 3 == 2:
            client.sendall(handshake.step()[1])
        reset(client) if i % 2 else client.close()
    others_are_served(secured)


def test_who_says_goodbye_before_asking(secured):
    for _ in range(20):
        client = secured.connect()
        client.unwrap().close()
    others_are_served(secured)


@pytest.mark.parametrize("version, command", [("-tls1_2", b"R\n"), ("-tls1_3", b"K\n")])
def test_new_keys_over_and_over(secured, version, command):
    """Renegotiation (which is refused) and new keys (which are made) cost the others nothing."""
    asking = subprocess.Popen(
        ["openssl", "s_client", version, "-connect", f"127.0.0.1:{secured.server.port}"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            asking.stdin.write(command)
            asking.stdin.flush()
            if asking.poll() is not None:
                break
            time.sleep(0.001)  # a command is one that is read alone
    except BrokenPipeError:
        pass
    others_are_served(secured)
    asking.kill()
    asking.wait()


def test_a_stop_waits_for_no_handshake_and_no_reader(tmp_path):
    settings = {"server.read_timeout": "300", "server.shutdown_timeout": "5"}
    with Secured(tmp_path, settings) as own:
        clients = half_open(own, 40)
        body = b'{"sql": "SELECT range AS n, repeat(\'x\', 1000) AS t FROM range(1000000)"}'
        for _ in range(4):
            reader = own.connect()
            reader.sendall(b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                           % (len(body), body))
            assert reader.recv(12) == b"HTTP/1.1 200"  # and nothing more, ever
            clients.append(reader)
        others_are_served(own)
        began = time.monotonic()
        own.server.stop()
        assert time.monotonic() - began < 5 + 1 + 4  # a sanitized build is slow to end
        for client in clients:
            client.close()
