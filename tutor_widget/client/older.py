"""Fetches events older than the first one held, page by page: to hold them, or to read them."""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar

from tutor_widget.errors import Unreachable
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.transcript import MAX_HELD, size_of
from tutor_widget.wire import Event

from .client import Client

PAGE: Final = 200
"""Events in a page, at most (docs/protocol.md)."""
WITHIN: Final = 15.0
"""Seconds that a page, or the first connection, may take."""


async def fetch(client: Client, count: int) -> int:
    """Fetch up to ``count`` older events; return how many came. On the loop.

    Waits for a first connection. Raises Unreachable if none comes or it is lost, and at once during
    an outage.
    """
    await _first_connection(client)
    came = 0
    while came < count:
        client = client.current
        async with client.paging:  # other chats of this session may ask, too
            if client.current is not client:
                continue
            if not client.session.transcript.more:
                break
            limit = min(PAGE, count - came)
            try:
                page = await _page(client, ev.OlderRequested(limit), do.OlderArrived)
            except _HandedOver:
                continue
        if not page.events:
            break
        came += len(page.events)
    return came


async def read_all(client: Client) -> tuple[list[Event], bool]:
    """All events of the log, oldest first; those that were not held stay unheld. On the loop.

    With them comes whether the server has events before the first: more than `MAX_HELD` bytes are
    not read. Waits and raises as `fetch` does.
    """
    await _first_connection(client)
    client = client.current
    transcript = client.session.transcript
    events, more = list(transcript.events), transcript.more
    before, size = transcript.last + 1 - len(events), sum(map(size_of, events))
    async with client.paging:
        while more and client.current is client:
            try:
                page = await _page(client, ev.OlderRequested(PAGE, before), do.OlderRead)
            except _HandedOver:
                break
            size += sum(map(size_of, page.events))
            if size > MAX_HELD:
                break
            events[:0], before, more = page.events, before - len(page.events), page.more
    return (events, more) if client.current is client else await read_all(client)


class _HandedOver(Exception):
    """The client has handed over to another."""


async def _first_connection(client: Client) -> None:
    if client.current.session.status != "connecting":
        return
    arrived = asyncio.Event()

    def look(_changes: list[do.Change]) -> None:
        if client.current.session.phase is Phase.LIVE:
            arrived.set()

    client.current.listen(look)
    try:
        await asyncio.wait_for(arrived.wait(), WITHIN)
    except TimeoutError:
        raise _unreachable() from None
    finally:
        client.current.release(look)


Arrived = TypeVar("Arrived", do.OlderArrived, do.OlderRead)


async def _page(client: Client, request: ev.OlderRequested, answer: type[Arrived]) -> Arrived:
    arrived: asyncio.Future[Arrived] = asyncio.get_running_loop().create_future()

    def look(changes: list[do.Change]) -> None:
        if arrived.done():
            return
        if client.current is not client:
            arrived.set_exception(_HandedOver())
            return
        for change in changes:
            if isinstance(change, answer):
                arrived.set_result(change)
                return
        if client.session.phase is not Phase.LIVE:
            arrived.set_exception(_unreachable())

    if client.session.phase is not Phase.LIVE:
        raise _unreachable()
    client.listen(look)
    try:
        client.happened(request)
        return await asyncio.wait_for(arrived, WITHIN)
    except TimeoutError:
        raise _unreachable() from None
    finally:
        client.current.release(look)


def _unreachable() -> Unreachable:
    return Unreachable(code="tutor_away")
