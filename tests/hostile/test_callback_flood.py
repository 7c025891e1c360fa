"""Strangers at the redirect listener: the right answer is still taken (L5, L8, L11)."""

from __future__ import annotations

import socket
import time

from my_app.adapters.loopback import AT_ONCE, Listener
from my_app.errors import MyAppError, StateMismatch


def judge(url: str) -> str | MyAppError:
    """One good answer; the rest is forged."""
    return "code" if url.endswith("?good") else StateMismatch("That answer belongs to another sign-in.")


def ask(port: int, request: bytes) -> bytes:
    """Send and hear the first bytes of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as sock:
        sock.sendall(request)
        try:
            return sock.recv(200)
        except ConnectionResetError:
            return b""


def test_500_strays_do_not_end_the_wait() -> None:
    """L5: favicons, empty connects, HEAD, POST, garbage, wrong hosts, then the right one: it succeeds."""
    listener: Listener[str] = Listener()
    result = listener.serve(judge)
    port = int(listener.redirect_uri.split(":")[2].split("/")[0])
    host = f"Host: 127.0.0.1:{port}\r\n"
    strays = [
        b"",
        f"GET /favicon.ico HTTP/1.1\r\n{host}\r\n".encode(),
        f"HEAD /callback?good HTTP/1.1\r\n{host}\r\n".encode(),
        f"POST /callback?good HTTP/1.1\r\n{host}Content-Length: 1\r\n\r\nx".encode(),
        b"GET /callback?good HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        b"\x00\xff\r\n\r\n",
    ]
    for number in range(500):
        stray = strays[number % len(strays)]
        with socket.create_connection(("127.0.0.1", port), timeout=3) as sock:
            sock.sendall(stray)
    assert not result.done()
    assert ask(port, f"GET /callback?good HTTP/1.1\r\n{host}\r\n".encode()).startswith(b"HTTP/1.1 303")
    assert result.result(1) == "code"
    listener.close()


def test_idle_sockets_do_not_keep_the_right_one_out() -> None:
    """L11: 200 silent connections and slow drips held open: the right answer is taken within a second."""
    listener: Listener[str] = Listener()
    result = listener.serve(judge)
    port = int(listener.redirect_uri.split(":")[2].split("/")[0])
    idle = [socket.create_connection(("127.0.0.1", port), timeout=3) for _ in range(200)]
    for sock in idle[-AT_ONCE:]:
        sock.sendall(b"GET /call")
    began = time.monotonic()
    ask(port, f"GET /callback?good HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert result.result(1) == "code"
    assert time.monotonic() - began < 1
    for sock in idle:
        sock.close()
    listener.close()


def test_wrong_states_are_told_and_waited_out() -> None:
    """L8: nineteen wrong states are answered, reported and survived."""
    listener: Listener[str] = Listener()
    strays: list[str] = []
    result = listener.serve(judge, strays.append)
    port = int(listener.redirect_uri.split(":")[2].split("/")[0])
    for number in range(19):
        heard = ask(port, f"GET /callback?code=x&state={number} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert heard.startswith(b"HTTP/1.1 400")
    assert len(strays) == 19
    ask(port, f"GET /callback?good HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert result.result(1) == "code"
    listener.close()
