"""Carry an exchange over a transport: the two tiny drivers, which decide nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from my_app.errors import NetworkUnavailable
from my_app.oauth.exchange import Exchange, Request, Response, Tick
from my_app.ports import AsyncTransport, Clock, Entropy, Transport

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What ``watch`` is told: a request about to go, then its answer or failure."""

    purpose: str
    wait: timedelta
    """Time before the request leaves; zero once it was sent."""
    status: int | None = None
    """HTTP status when the answer is there; 0 for a network failure; None before."""


Watch = Callable[[Step], None]


def unwatched(step: Step) -> None:
    """The watcher that looks away."""


def run(
    exchange: Exchange[T],
    transport: Transport,
    *,
    clock: Clock,
    entropy: Entropy,
    pause: Callable[[float], None],
    watch: Watch = unwatched,
) -> T:
    """Drive ``exchange`` to its result; ``pause`` takes seconds. Raises what the exchange raises."""
    try:
        request = next(exchange)
        while True:
            watch(Step(purpose=request.purpose, wait=request.not_before))
            if request.not_before > timedelta(0):
                pause(request.not_before.total_seconds())
            try:
                response = transport.send(request.build(Tick(clock.now(), entropy(64))))
            except NetworkUnavailable as failure:
                watch(Step(purpose=request.purpose, wait=timedelta(0), status=0))
                request = exchange.throw(failure)
            else:
                request = _advance(exchange, request, response, watch)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        exchange.close()


async def arun(
    exchange: Exchange[T],
    transport: AsyncTransport,
    *,
    clock: Clock,
    entropy: Entropy,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    watch: Watch = unwatched,
) -> T:
    """The asyncio twin of ``run``; cancelling it closes the exchange."""
    try:
        request = next(exchange)
        while True:
            watch(Step(purpose=request.purpose, wait=request.not_before))
            if request.not_before > timedelta(0):
                await pause(request.not_before.total_seconds())
            try:
                response = await transport.asend(request.build(Tick(clock.now(), entropy(64))))
            except NetworkUnavailable as failure:
                watch(Step(purpose=request.purpose, wait=timedelta(0), status=0))
                request = exchange.throw(failure)
            else:
                request = _advance(exchange, request, response, watch)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        exchange.close()


def _advance(exchange: Exchange[T], request: Request, response: Response, watch: Watch) -> Request:
    watch(Step(purpose=request.purpose, wait=timedelta(0), status=response.status))
    return exchange.send(response)
