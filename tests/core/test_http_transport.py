"""HttpTransport against real sockets on loopback (rows T1, T7, D3, N1, N3, N5)."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from my_app.adapters.http import HttpTransport
from my_app.adapters.http_body import LARGEST
from my_app.errors import NetworkUnavailable, SettingsFault
from my_app.oauth.exchange import Response, Wire

Serve = Callable[[socket.socket, bytes], None]


@contextmanager
def server(serve: Serve, *, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server of bare sockets: hears a head, then ``serve`` does what it likes. Gives port and what was heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def loop() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(sock,), daemon=True).start()

    def talk(sock: socket.socket) -> None:
        try:
            if context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                piece = sock.recv(65536)
                if not piece:
                    return
                data += piece
            heard.append(data)
            serve(sock, data)
        except OSError:
            pass
        finally:
            sock.close()

    threading.Thread(target=loop, daemon=True).start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.close()


def says(data: bytes) -> Serve:
    """A server that sends exactly this."""
    return lambda sock, _: sock.sendall(data)


def both(port: int, *, environ: dict[str, str] | None = None, whole: float = 5.0, path: str = "/") -> list[Response | Exception]:
    """The outcome of the sync and of the async twin."""
    wire = Wire(method="POST", url=f"http://127.0.0.1:{port}{path}", headers={"authorization": "Basic c2VjcmV0"}, body=b"a=b")
    transport = HttpTransport(environ or {}, whole=whole)
    out: list[Response | Exception] = []
    try:
        out.append(transport.send(wire))
    except NetworkUnavailable as failure:
        out.append(failure)

    async def go() -> Response:
        try:
            return await transport.asend(wire)
        finally:
            await transport.aclose()

    try:
        out.append(asyncio.run(go()))
    except NetworkUnavailable as failure:
        out.append(failure)
    return out


GOOD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Odd: A\r\nContent-Length: 13\r\n\r\n{"good":true}'


def test_answer_comes_whole_with_lower_case_names() -> None:
    """Status, lower-case header names, body and an aware moment; our own user agent is sent."""
    with server(says(GOOD)) as (port, heard):
        for outcome in both(port):
            assert isinstance(outcome, Response)
            assert (outcome.status, outcome.headers["x-odd"], outcome.body) == (200, "A", b'{"good":true}')
            assert outcome.at.tzinfo is not None
    assert all(b"user-agent: my-app-accounts/" in head.lower() for head in heard)


def test_redirects_are_never_followed() -> None:
    """T1: 301 to 308 come back as they are, and the collector hears nothing."""
    with server(says(GOOD)) as (collector, collected):
        for status in (301, 302, 303, 307, 308):
            answer = f"HTTP/1.1 {status} Go\r\nLocation: http://127.0.0.1:{collector}/\r\nContent-Length: 0\r\n\r\n".encode()
            with server(says(answer)) as (port, _):
                for outcome in both(port):
                    assert isinstance(outcome, Response)
                    assert outcome.status == status
    assert collected == []


def test_answer_cut_after_every_byte_is_a_failure() -> None:
    """T7: an answer cut anywhere before its end is NetworkUnavailable with ``sent``, never half an answer."""
    for length in range(len(GOOD)):
        with server(says(GOOD[:length])) as (port, _):
            wire = Wire(method="POST", url=f"http://127.0.0.1:{port}/", body=b"a=b")
            with pytest.raises(NetworkUnavailable) as told:
                HttpTransport({}).send(wire)
            assert told.value.facts["sent"] is True


BOMB = gzip.compress(b"\0" * (8 << 20))


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx",
    ],
    ids=["long", "endless", "bomb", "unknown packing"],
)
def test_too_large_or_odd_answers_are_refused(data: bytes) -> None:
    """D3, T7: more than 1 MiB, before or after unpacking, is refused with a plain sentence."""
    with server(says(data)) as (port, _):
        for outcome in both(port):
            assert isinstance(outcome, NetworkUnavailable)
            assert "127.0.0.1" in outcome.message


def test_packed_answer_of_sane_size_is_read() -> None:
    """A server that packs although nobody asked is still understood."""
    body = gzip.compress(b"hello")
    with server(says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)) as (port, _):
        for outcome in both(port):
            assert isinstance(outcome, Response)
            assert outcome.body == b"hello"
    assert LARGEST == 1 << 20


def drip(sock: socket.socket, _: bytes) -> None:
    """A byte now and then, for ever."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        sock.sendall(b"a")
        time.sleep(0.02)


def test_drip_and_silence_end_in_time() -> None:
    """N5, T7: the limit is for the whole answer, however it trickles."""
    for serve in (drip, lambda sock, _: time.sleep(2)):
        with server(serve) as (port, _):
            began = time.monotonic()
            for outcome in both(port, whole=0.2):
                assert isinstance(outcome, NetworkUnavailable)
                assert "did not answer" in outcome.message
                assert outcome.facts["sent"] is True
            assert time.monotonic() - began < 1.5


def test_refused_and_unknown_names_say_so_and_sent_nothing() -> None:
    """Refused and DNS failures name host and cause; certainly nothing was sent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for outcome in both(port):
        assert isinstance(outcome, NetworkUnavailable)
        assert "refused the connection" in outcome.message
        assert outcome.facts["sent"] is False
    with pytest.raises(NetworkUnavailable, match=r"nowhere\.invalid cannot be found") as told:
        HttpTransport({}).send(Wire(method="GET", url="https://nowhere.invalid/x"))
    assert told.value.facts["sent"] is False


def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """N3: a proxy in the environment is not asked for loopback; a .netrc adds nothing."""
    with server(says(GOOD)) as (proxy, proxied), server(says(GOOD)) as (port, heard):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        assert all(isinstance(outcome, Response) for outcome in both(port))
        assert proxied == []
        assert len(heard) == 2
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
        with pytest.raises(NetworkUnavailable):
            HttpTransport({}).send(Wire(method="GET", url="https://id.example.test/"))
        assert proxied[0].startswith(b"CONNECT id.example.test:443")


def test_broken_proxy_variable_is_a_settings_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be used names the variables."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://x")
    with pytest.raises(SettingsFault, match="HTTPS_PROXY"):
        HttpTransport({}).send(Wire(method="GET", url="https://id.example.test/"))


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cert.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context, pem


def test_certificates_are_judged_and_own_ones_can_be_trusted(tmp_path: Path) -> None:
    """N1: an unknown root and a wrong name are refused with the reason; MY_APP_CA_BUNDLE trusts an own root."""
    context, pem = certificate(tmp_path)
    with server(says(GOOD), context=context) as (port, heard):
        with pytest.raises(NetworkUnavailable, match="certificate") as told:
            HttpTransport({}).send(Wire(method="GET", url=f"https://127.0.0.1:{port}/"))
        assert (told.value.facts["sent"], "MY_APP_CA_BUNDLE" in told.value.hint) == (False, True)
        own = HttpTransport({"MY_APP_CA_BUNDLE": str(pem)})
        with pytest.raises(NetworkUnavailable, match="certificate"):
            own.send(Wire(method="GET", url=f"https://127.0.0.1:{port}/"))
        assert heard == []
        assert own.send(Wire(method="GET", url=f"https://localhost:{port}/")).status == 200
    with pytest.raises(SettingsFault, match="MY_APP_CA_BUNDLE"):
        HttpTransport({"MY_APP_CA_BUNDLE": str(tmp_path / "none")}).send(Wire(method="GET", url="https://localhost/"))


def test_no_secret_in_any_failure() -> None:
    """H2: the error of a failed call holds neither header nor body."""
    with server(says(b"nonsense\r\n\r\n")) as (port, _):
        for outcome in both(port, path="/?x=1"):
            assert isinstance(outcome, NetworkUnavailable)
            assert "c2VjcmV0" not in repr(outcome) + str(outcome.facts)
            assert outcome.__cause__ is None
