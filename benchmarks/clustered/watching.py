"""How much later a reply begins for who watches it through another node than the one that makes it.

Counted besides: what crosses between the nodes while somebody watches there, and while nobody does.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Final

from tests.support.servers.peers import Peer, peer
from tests.support.servers.processes import Tutor

__all__ = ["Watched", "watched"]

_TEXT: Final = "one two three four five six seven eight nine ten"
_RELAYED: Final = re.compile(r"^tutor_relayed_total(?:{[^}]*})? ([\d.]+)$", re.MULTILINE)


@dataclass
class Watched:
    """``late``: seconds by which the first piece of each reply came later on the other node.

    ``relayed``: frames of all replies that crossed while somebody watched on the other node;
    ``alone``: while nobody did.
    """

    late: list[float] = field(default_factory=list)
    relayed: int = 0
    alone: int = 0


def watched(makes: Tutor, other: Tutor, replies: int) -> Watched:
    """Let a learner of ``makes`` ask so often while ``other`` watches, and again as often alone."""
    found = Watched()
    before = _relayed(makes, other)
    asyncio.run(_watch(found, makes, other, replies))
    between = _relayed(makes, other)
    asyncio.run(_ask_alone(makes, replies))
    found.relayed, found.alone = between - before, _relayed(makes, other) - between
    return found


async def _watch(found: Watched, makes: Tutor, other: Tutor, replies: int) -> None:
    session = secrets.token_hex(16)
    async with peer(makes.url) as asking, peer(other.url) as reading:
        await asking.hello(session, instance="asking")
        await reading.hello(session, instance="reading")
        for number in range(-1, replies):  # by the end of the first, each node knows of the other's
            id = f"m{number}"
            await asking.say("send", id=id, text=_TEXT)
            if number >= 0:
                here, there = await asyncio.gather(_first_piece(asking), _first_piece(reading))
                found.late.append(there - here)
            for client in (asking, reading):
                await client.answer(id)


async def _first_piece(client: Peer) -> float:
    await client.next("delta")
    return time.perf_counter()


async def _ask_alone(makes: Tutor, replies: int) -> None:
    async with peer(makes.url) as asking:
        await asking.hello(secrets.token_hex(16), instance="asking")
        for number in range(replies):
            await asking.say("send", id=f"m{number}", text=_TEXT)
            await asking.answer(f"m{number}")


def _relayed(*nodes: Tutor) -> int:
    total = 0.0
    for node in nodes:
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics", timeout=20) as page:
            total += sum(map(float, _RELAYED.findall(page.read().decode())))
    return int(total)
