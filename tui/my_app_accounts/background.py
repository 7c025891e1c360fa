"""Blocking calls off the interface loop: a daemon thread each, an answer by message (X8)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], name: str) -> T:
    """What ``call`` returns or raises, from a daemon thread of its own.

    Cancelling the caller drops a late answer; the thread runs to its end but never holds up
    quitting, as one of the loop's own executor would.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            value = call()
        except BaseException as error:  # noqa: BLE001 - handed to the awaiting worker, which judges it
            future.set_exception(error)
        else:
            future.set_result(value)

    threading.Thread(target=run, name=f"core {name}", daemon=True).start()
    return await asyncio.wrap_future(future)


def settle(timeout: float) -> None:
    """Give calls under way ``timeout`` seconds in all to end, so that a refresh that was answered is saved."""
    running = [thread for thread in threading.enumerate() if thread.name.startswith("core ")]
    share = timeout / max(1, len(running))
    for thread in running:
        thread.join(share)
