"""Two server processes on one PostgreSQL, and a tutor that writes word by word."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.postgres import running_cluster
from tests.support.servers.peers import Peer
from tests.support.servers.processes import Tutor

__all__ = ["TwoNodes", "start_two", "whole"]

_STEPWISE: Final = '''
import asyncio, pathlib

class Stepwise:
    """A tutor that writes one word; each further one, and its end, when a file allows it."""
    async def reply(self, turn):
        for number, word in enumerate(("one ", "two ", "three", "")):
            while number and not pathlib.Path(f"{turn.message}.{number}").exists():
                await asyncio.sleep(0.02)
            yield word
'''


@dataclass
class TwoNodes:
    """Two server processes on one database, with the tutor `Stepwise`."""

    folder: Path
    one: Tutor
    two: Tutor

    def allow(self, message: str, *words: int) -> None:
        """Let the tutor write these words of its answer to the message with this text, or (3) end
        it. Without a number all."""
        for word in words or (1, 2, 3):
            (self.folder / f"{message}.{word}").touch()


def start_two(folder: Path, stack: ExitStack) -> TwoNodes:
    """On a new database of the test run's cluster. They end with the stack."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    (folder / "stepwise.py").write_text(_STEPWISE)
    one, two = [
        stack.enter_context(
            Tutor(folder / "db", "--tutor", "stepwise:Stepwise", url=url, log=folder / name)
        )
        for name in ("one.log", "two.log")
    ]
    return TwoNodes(folder, one, two)


async def whole(client: Peer, words: str, known: str = "") -> None:
    """Read deltas until they have made these words. Each joins what is known, or is all."""
    text = known
    while text != words:
        delta = await client.next("delta")
        assert delta["from"] in (0, len(text)), (delta, text)
        text = text[: delta["from"]] + delta["text"]
