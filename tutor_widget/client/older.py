"""Fetches events older than the first one held, page by page."""

from __future__ import annotations

import asyncio
from typing import Final

from tutor_widget.errors import Unreachable
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

from .client import Client

PAGE: Final = 200
"""Events in a page, at most (docs/protocol.md)."""
WITHIN: Final = 15.0
"""Seconds that a page, or the first connection, may take."""


async def fetch(client: Client, count: int | None = None) -> int:
    """Fetch up to ``count`` older events, all if None; return how many came. On the loop.

    Waits for a first connection. Raises Unreachable if none comes or it is lost, and at once during
    an outage.
    """
    if client.current.session.status == "connecting":
        await _first_connection(client)
    came = 0
    while count is None or came < count:
        client = client.current
        async with client.paging:  # other chats of this session may ask, too
            if client.current is not client:
                continue
            if not client.session.transcript.more:
                break
            try:
                page = await _page(client, PAGE if count is None else min(PAGE, count - came))
            except _HandedOver:
                continue
        if not page:
            break
        came += page
    return came


class _HandedOver(Exception):
    """The client has handed over to another."""


async def _first_connection(client: Client) -> None:
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


async def _page(client: Client, limit: int) -> int:
    arrived: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def look(changes: list[do.Change]) -> None:
        if arrived.done():
            return
        if client.current is not client:
            arrived.set_exception(_HandedOver())
            return
        for change in changes:
            if isinstance(change, do.OlderArrived):
                arrived.set_result(len(change.events))
                return
        if client.session.phase is not Phase.LIVE:
            arrived.set_exception(_unreachable())

    if client.session.phase is not Phase.LIVE:
        raise _unreachable()
    client.listen(look)
    try:
        client.happened(ev.OlderRequested(limit))
        return await asyncio.wait_for(arrived, WITHIN)
    except TimeoutError:
        raise _unreachable() from None
    finally:
        client.current.release(look)


def _unreachable() -> Unreachable:
    return Unreachable(code="tutor_away")
