"""The redirect listener on real sockets (security rows L1 to L13)."""

from __future__ import annotations

import re
import socket
import time
from concurrent.futures import Future

import pytest

from my_app.adapters.loopback import FORGERIES, Listener
from my_app.adapters.loopback_http import DONE, read_request
from my_app.errors import AccessDenied, MyAppError, PortInUse, StateMismatch, Unsupported


def judge(url: str) -> str | MyAppError:
    """A judge that knows one good answer, one denial, and calls the rest forged."""
    if url.endswith("?good"):
        return "code"
    if url.endswith("?denied"):
        return AccessDenied("Denied.")
    return StateMismatch("Not ours.")


def served(**wanted: object) -> tuple[Listener[str], Future[str], list[str]]:
    """A listener that is up, its future, and the strays it told."""
    listener: Listener[str] = Listener(**wanted)  # type: ignore[arg-type]
    strays: list[str] = []
    return listener, listener.serve(judge, strays.append), strays


def port_of(listener: Listener[str]) -> int:
    """The port of its redirect URI."""
    return int(listener.redirect_uri.split(":")[2].split("/")[0])


def talk(port: int, data: bytes, *, host: str = "127.0.0.1") -> bytes:
    """The answer to ``data``; closes when it is complete, as browsers do."""
    with socket.create_connection((host, port), timeout=3) as sock:
        sock.sendall(data)
        heard = b""
        while piece := sock.recv(4096):
            heard += piece
            head, found, body = heard.partition(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            if found and length and len(body) >= int(length[1]):
                break
        return heard


def get(listener: Listener[str], target: str, extra: str = "") -> bytes:
    """GET ``target`` as a browser would."""
    port = port_of(listener)
    return talk(port, f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{extra}\r\n".encode())


def test_good_answer_ends_the_wait_on_a_clean_address() -> None:
    """L12: the browser is sent on to an address without code and state, with every safety header, claiming no success."""
    listener, result, _ = served()
    heard = get(listener, "/callback?good")
    assert heard.startswith(b"HTTP/1.1 303 ")
    assert b"\r\nLocation: /callback/done\r\n" in heard
    assert result.result(1) == "code"
    page = get(listener, "/callback/done")
    assert page == DONE
    for header in (
        b"default-src 'none'",
        b"no-store",
        b"no-referrer",
        b"nosniff",
        b"frame-ancestors 'none'",
        b"X-Frame-Options: DENY",
    ):
        assert header in page
    assert b"signed in" not in page.lower()
    assert b"success" not in page.lower()
    listener.close()


def test_answers_hold_nothing_of_the_request() -> None:
    """L12: whatever a request holds, the bytes of the answer are the same."""
    listener, _, _ = served()
    plain = get(listener, "/callback?x")
    assert plain == get(listener, "/callback?<script>alert(1)</script>")
    assert plain == get(listener, "/callback?error=%1b%5b2J&error_description=evil")
    listener.close()


@pytest.mark.parametrize("end", ["success", "denied", "cancel", "forged"])
def test_port_is_free_within_a_second(end: str) -> None:
    """L4: success, refusal, cancel and too many forgeries all free the port within a second."""
    listener, result, _ = served()
    port = port_of(listener)
    if end == "cancel":
        listener.close()
    elif end == "forged":
        for _ in range(FORGERIES):
            get(listener, "/callback?forged")
        with pytest.raises(StateMismatch):
            result.result(1)
        listener.close(gently=True)
    else:
        get(listener, "/callback?good" if end == "success" else "/callback?denied")
        assert result.exception(1) is None if end == "success" else isinstance(result.exception(1), AccessDenied)
        listener.close(gently=True)
    until = time.monotonic() + 1.3
    while True:
        try:
            again: Listener[str] = Listener(ports=(port,))
            break
        except PortInUse:
            assert time.monotonic() < until, "the port is still held"
            time.sleep(0.02)
    again.close()


def test_stands_on_loopback_literals_only_and_shares_with_nobody() -> None:
    """L1, L2, L3: literal in the URI, no reuse options, the same port of the other family taken too."""
    listener, _, _ = served()
    port = port_of(listener)
    assert listener.redirect_uri.startswith("http://127.0.0.1:")
    for sock in listener._sockets:
        assert sock.getsockname()[0] in ("127.0.0.1", "::1")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 0
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT) == 0
    with pytest.raises(PortInUse, match=str(port)) as told:
        Listener(ports=(port,))
    assert "--redirect-port" in told.value.hint
    listener.close()


def test_profile_ports_are_tried_in_order() -> None:
    """A list of ports: the first free one is taken; none free names them all."""
    with socket.socket() as held, socket.socket() as other:
        held.bind(("127.0.0.1", 0))
        held.listen()
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
        other.close()
        taken = held.getsockname()[1]
        listener: Listener[str] = Listener(ports=(taken, free))
        assert port_of(listener) == free
        with pytest.raises(PortInUse, match=f"{taken}, {free}"):
            Listener(ports=(taken, free))
        listener.close()


def test_fixed_redirect_uri_decides() -> None:
    """A registered URI is kept as it is spelled; one that is no loopback address is refused with the way out."""
    listener: Listener[str] = Listener(redirect_uri="http://localhost/auth/cb")
    assert listener.redirect_uri.startswith("http://localhost:")
    assert listener.redirect_uri.endswith("/auth/cb")
    listener.close()
    bare: Listener[str] = Listener(redirect_uri="http://127.0.0.1")
    assert bare.redirect_uri.count("/") == 2
    bare.close()
    for uri in ("https://app.example.test/cb", "http://127.0.0.1.evil.test/cb", "urn:ietf:wg:oauth:2.0:oob"):
        with pytest.raises(Unsupported) as told:
            Listener(redirect_uri=uri)
        assert "paste" in told.value.hint.lower()


def test_second_good_answer_is_refused() -> None:
    """L13: the result is given once; a replay gets a short answer."""
    listener, result, _ = served()
    get(listener, "/callback?good")
    assert result.result(1) == "code"
    assert get(listener, "/callback?good").startswith(b"HTTP/1.1 410 ")
    listener.close()


REQUESTS = {
    "head": b"HEAD /callback?good HTTP/1.1\r\nHost: h\r\n\r\n",
    "post": b"POST /callback?good HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
    "options": b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "other path": b"GET /favicon.ico HTTP/1.1\r\nHost: h\r\n\r\n",
    "longer path": b"GET /callback/x?good HTTP/1.1\r\nHost: h\r\n\r\n",
    "no query": b"GET /callback HTTP/1.1\r\nHost: h\r\n\r\n",
    "no host": b"GET /callback?good HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /callback?good HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
    "evil host": b"GET /callback?good HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    "origin": b"GET /callback?good HTTP/1.1\r\nHost: h\r\nOrigin: https://evil.test\r\n\r\n",
    "absolute": b"GET http://h/callback?good HTTP/1.1\r\nHost: h\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "binary": b"\x16\x03\x01\x02\x00\x01\xff\r\n\r\n",
    "long line": b"GET /callback?" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    "many headers": b"GET /callback?good HTTP/1.1\r\nHost: h\r\n" + b"a: b\r\n" * 101 + b"\r\n",
    "big headers": b"GET /callback?good HTTP/1.1\r\nHost: h\r\nx: " + b"a" * 33_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", REQUESTS.values(), ids=REQUESTS)
def test_only_the_one_request_counts(request_bytes: bytes) -> None:
    """L5, L7, L11: anything but GET of the exact path with our Host gets a short answer and reaches no judge."""
    verdict = read_request(request_bytes, "h", "/callback")
    assert verdict is not None
    assert verdict.target is None
    assert verdict.answer.startswith(b"HTTP/1.1 4")


def test_a_request_in_pieces_is_waited_for() -> None:
    """A head that is not complete yet is no verdict; complete, it is."""
    whole = b"GET /callback?good HTTP/1.1\r\nHost: h\r\n\r\n"
    assert all(read_request(whole[:length], "h", "/callback") is None for length in range(len(whole)))
    verdict = read_request(whole, "h", "/callback")
    assert verdict is not None
    assert verdict.target == "/callback?good"
