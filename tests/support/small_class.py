"""A small class in a store, for the dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.support.stores import answer, append, claim
from tutor_widget.server.store import Answer, Head, Message, Store, open_store

__all__ = ["TOLD", "ask", "fill_class", "hold", "in_store", "learner"]

T = TypeVar("T")
TOLD = "Your teachers can read this conversation."


async def learner(store: Store, account: str, *groups: str, told: bool = True) -> int:
    """A conversation of a learner in these groups, who is told that teachers can read it."""
    head = await store.create_session(account, f"lesson-of-{account}", frozenset(groups))
    assert isinstance(head, Head)
    if told:
        await store.notice(head.key, "_readable-0", None, TOLD)
    return head.key


async def ask(store: Store, key: int, message_id: str, text: str, reply: str = "") -> None:
    """A message, and an answer if there is a reply."""
    await append(store, key, Message(message_id, text))
    if reply:
        await answer(store, key, reply)


async def hold(
    store: Store, key: int, message_id: str, question: str, text: str, seconds: float | None = None
) -> None:
    """A message with an answer that is held."""
    await append(store, key, Message(message_id, question))
    held = Answer(f"_{message_id}", message_id, text, "complete", record={"held": "all"})
    assert await store.hold(await claim(store, key), held, seconds)


def in_store(url: str, work: Callable[[Store], Awaitable[T]]) -> T:
    """Do something with a store of its own on this database, as another process would."""

    async def run() -> T:
        store = await open_store(url)
        try:
            return await work(store)
        finally:
            await store.close()

    with ThreadPoolExecutor(1) as thread:  # the caller's may have a loop already
        return thread.submit(asyncio.run, run()).result()


def fill_class(url: str) -> dict[str, int]:
    """Ada and Eve of 7b, Bob of 8a, each with an answer, a held one, and a report; their keys.

    Ada shares her report.
    """

    async def fill(store: Store) -> dict[str, int]:
        keys = {}
        for account, group in (("ada", "7b"), ("eve", "7b"), ("bob", "8a")):
            key = keys[account] = await learner(store, account, group)
            await ask(store, key, "m1", f"question of {account}", f"answer to {account}")
            await hold(store, key, "m2", f"another of {account}", f"draft for {account}")
            shares = account == "ada"
            assert await store.report(key, "_m1", f"reason of {account}", shared=shares)
        return keys

    return in_store(url, fill)
