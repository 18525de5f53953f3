"""HTTPS: the server, its certificate while it runs, and the commands that ask it."""

import contextlib
import json
import select
import signal
import socket
import ssl
import threading
import time
import warnings

import pytest

from arc_server import ArcServer, StartFailed, run_arc
from certificates import client_context, make_certificate, tls_settings

ENDLESS = "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b"
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class Secured:
    """A server under TLS and what is needed to talk to it."""

    def __init__(self, folder, settings=None):
        folder.mkdir(exist_ok=True)
        self.certificate, self.key = make_certificate(folder)
        self.context = client_context(self.certificate)
        settings = {**tls_settings(self.certificate, self.key), **(settings or {})}
        self.server = ArcServer(folder, settings, tls=self.context)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *failure):
        self.server.__exit__(*failure)

    def connect(self, context=None):
        plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=60)
        return (context or self.context).wrap_socket(plain, server_hostname="127.0.0.1")

    def renew(self, common_name):
        """A new certificate in the place of the old, which the server is told of."""
        make_certificate(self.certificate.parent, common_name=common_name)
        self.server.process.send_signal(signal.SIGHUP)


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    with Secured(tmp_path_factory.mktemp("tls")) as own:
        yield own


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def get(client, path="/health"):
    """One request on a connection that stays open; the head of its answer."""
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(65536)
        assert piece, head
        head += piece
    return head.decode()


def test_writes_and_queries(secured, database):
    server = secured.server
    server.write_lp(database, "cpu,host=a v=1 1000\ncpu,host=b v=2 2000")
    assert server.query("SELECT host, v FROM cpu ORDER BY time", database).rows == [
        ["a", 1], ["b", 2]]
    assert server.get("/health").headers["strict-transport-security"] == STRICT_TRANSPORT


def test_without_tls_nobody_is_told_to_use_it(server):
    assert "strict-transport-security" not in server.get("/health").headers


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_the_protocol(secured, version):
    context = client_context(secured.certificate)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with secured.connect(context) as client:
        assert client.version() == version.name.replace("_", ".")
        assert client.selected_alpn_protocol() == "http/1.1"
        assert " 200 OK" in get(client) and " 200 OK" in get(client)


def test_older_versions_are_refused(secured):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        secured.connect(context)


def test_http_without_tls_hears_what_to_do(secured):
    with socket.create_connection(("127.0.0.1", secured.server.port), timeout=60) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ") and b"https://" in answer


def test_a_large_result_to_a_slow_reader(secured):
    rows = 200_000
    body = json.dumps({"sql": f"SELECT range AS n FROM range({rows})"})
    with secured.connect() as client:
        client.sendall(f"POST /api/v1/query/stream HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
                       f"{body}".encode())
        received = b""
        for i in range(10**6):
            piece = client.recv(1 << 15)
            if not piece:
                break
            received += piece
            if i % 50 == 0:
                time.sleep(0.01)
    numbers = [json.loads(line) for line in received.split(b"\r\n\r\n", 1)[1].splitlines()]
    assert [row["n"] for row in numbers if "n" in row] == list(range(rows))


def test_a_large_write(secured, database):
    lines = "\n".join(f"cpu,host=h{i % 100} v={i} {i}" for i in range(100_000))
    secured.server.write_lp(database, lines)
    assert secured.server.value("SELECT count(*) FROM cpu", database) == 100_000


def test_who_sends_fast_leaves_the_others_their_turn(tmp_path):
    """One I/O thread: a large upload, and small requests beside it."""
    with Secured(tmp_path, {"server.io_threads": "1"}) as own, own.connect() as small:
        size = 200 << 20
        slowest, done = [0.0], threading.Event()

        def ask():
            while not done.is_set():
                began = time.monotonic()
                get(small)
                slowest[0] = max(slowest[0], time.monotonic() - began)

        asking = threading.Thread(target=ask)
        asking.start()
        began = time.monotonic()
        with own.connect() as large:
            large.sendall(b"POST /api/v1/import/csv?db=a&measurement=m HTTP/1.1\r\nHost: x\r\n"
                          b"Content-Type: text/csv\r\nContent-Length: %d\r\n\r\n" % size)
            piece = b"x" * (1 << 20)
            for _ in range(size // len(piece)):
                large.sendall(piece)
            seconds = time.monotonic() - began
            done.set()
            asking.join()
        assert slowest[0] < max(0.3, seconds / 3), f"{slowest[0]} of {seconds} s"


def test_what_a_reader_sends_meanwhile_is_not_piled_up(secured):
    """It stays in the sockets: the server takes none of it before it is asked for."""
    body = json.dumps({"sql": "SELECT range AS n, repeat('x', 100) AS t FROM range(3000000)"})
    with secured.connect() as client:
        client.sendall(f"POST /api/v1/query/stream HTTP/1.1\r\nHost: x\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        client.setblocking(False)
        received, sent = 0, 0
        while received < 300_000_000:
            readable, writable, _ = select.select([client], [client], [], 30)
            assert readable or writable
            if writable:
                with contextlib.suppress(ssl.SSLWantWriteError):
                    sent += client.send(b"y" * 65536)
            with contextlib.suppress(ssl.SSLWantReadError):
                received += len(client.recv(1 << 17))
    assert sent < 32 << 20, "more than sockets hold"


@pytest.mark.parametrize("says_goodbye", [False, True])
def test_a_client_that_goes_away_ends_its_query(secured, says_goodbye):
    body = json.dumps({"sql": ENDLESS})
    client = secured.connect()
    client.sendall(f"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                   f"{body}".encode())
    active = lambda: secured.server.get("/api/v1/queries/active").json()["queries"]  # noqa: E731
    wait_until(lambda: any(query["status"] == "running" for query in active()), "never ran")
    if says_goodbye:
        client.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            client.unwrap()  # sends its goodbye, and would wait for the server's
    client.close()
    wait_until(lambda: not active(), "still runs")


def test_who_says_nothing_is_not_waited_for(tmp_path):
    with Secured(tmp_path, {"server.read_timeout": "1"}) as own:
        with socket.create_connection(("127.0.0.1", own.server.port), timeout=20) as client:
            client.sendall(b"\x16\x03\x01")  # the first bytes of a handshake
            started = time.monotonic()
            assert client.recv(1) == b""
            assert time.monotonic() - started < 10
        assert own.server.metrics()["arc_tls_handshake_failures_total"] == 1


def test_a_renewed_certificate_is_read_on_sighup(tmp_path):
    with Secured(tmp_path) as own, own.connect() as old:
        assert " 200 OK" in get(old)
        before = own.server.metrics()["arc_tls_certificate_expiry_seconds"]
        assert before > time.time() + 29 * 86400
        shown = lambda: ssl.get_server_certificate(("127.0.0.1", own.server.port))  # noqa: E731
        assert shown() == own.certificate.read_text()
        own.renew("the second")
        wait_until(lambda: shown() == own.certificate.read_text(), "the old one is shown")
        assert " 200 OK" in get(old), "a connection from before goes on"
        own.server.tls = client_context(own.certificate)
        own.server.disconnect()
        assert own.server.get("/health").status == 200


def test_a_renewal_that_went_wrong_leaves_the_old_certificate(tmp_path):
    with Secured(tmp_path) as own:
        good = own.certificate.read_text()
        own.certificate.write_text(good[:200])
        own.server.process.send_signal(signal.SIGHUP)
        failures = lambda: own.server.metrics()["arc_tls_reload_failures_total"]  # noqa: E731
        wait_until(lambda: failures() == 1, "not counted")
        assert ssl.get_server_certificate(("127.0.0.1", own.server.port)) == good
        own.server.disconnect()
        assert own.server.get("/health").status == 200, "for new connections as well"
        assert str(own.certificate) in own.server.log()
        assert "PRIVATE KEY" not in own.server.log()


def test_sighup_without_tls_changes_nothing(tmp_path):
    with ArcServer(tmp_path) as server:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload" in server.log(), "not noticed")
        assert server.get("/ready").status == 200


@pytest.mark.parametrize("what", ["no certificate", "no key", "another's key"])
def test_a_start_without_what_tls_needs_fails_with_the_file(tmp_path, what):
    certificate, key = make_certificate(tmp_path)
    if what == "no certificate":
        certificate.unlink()
    elif what == "no key":
        key.unlink()
    else:
        key = make_certificate(tmp_path, "other")[1]
    with pytest.raises(StartFailed) as failed:
        ArcServer(tmp_path, tls_settings(certificate, key)).start()
    assert str(key if what == "no key" else certificate) in str(failed.value)


def test_a_configuration_without_the_files_is_wrong(tmp_path):
    (tmp_path / "arc.toml").write_text("[server]\ntls_enabled = true\n")
    done = run_arc("config", "check", "arc.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert "server.tls_cert_file" in done.stderr and "server.tls_key_file" in done.stderr


def test_commands_speak_https(secured, tmp_path):
    url = f"https://localhost:{secured.server.port}"
    ask = ("query", "--url", url, "--format", "csv", "SELECT 40 + 2 AS n")
    refused = run_arc(*ask, cwd=tmp_path)
    assert refused.returncode == 1
    assert "verify failed" in refused.stderr and "--ca-file" in refused.stderr
    believed = run_arc(*ask, "--ca-file", secured.certificate, cwd=tmp_path)
    assert (believed.returncode, believed.stdout) == (0, "n\n42\n"), believed.stderr
    environment = {"ARC_URL": url, "ARC_CA_FILE": str(secured.certificate)}
    large = run_arc("query", "--format", "csv", "SELECT range AS n FROM range(300000)",
                    cwd=tmp_path, environment=environment)
    assert large.stdout.count("\n") == 300_001 and large.stdout.endswith("\n299999\n")
    nowhere = run_arc(*ask, "--ca-file", "nowhere.pem", cwd=tmp_path)
    assert nowhere.returncode == 1 and "nowhere.pem" in nowhere.stderr


def test_commands_import_over_https(secured, database, tmp_path):
    rows = "time,v\n" + "".join(f"{1_700_000_000 + i},{i}\n" for i in range(200_000))
    (tmp_path / "rows.csv").write_text(rows)
    url = f"https://127.0.0.1:{secured.server.port}"
    done = run_arc("import", "rows.csv", "--database", database, "--measurement", "m", "--url", url,
                   "--ca-file", secured.certificate, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert secured.server.value("SELECT count(*) FROM m", database) == 200_000


def test_an_https_command_to_a_plain_port_says_so(server, tmp_path):
    done = run_arc("query", "--url", f"https://127.0.0.1:{server.port}", "SELECT 1", cwd=tmp_path)
    assert done.returncode == 1 and "TLS" in done.stderr
