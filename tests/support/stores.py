"""What tests do with a store. Each function asserts that the usual case has come."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.servers.peers import SESSION
from tutor_widget.server import SQLiteStore, Store
from tutor_widget.server.store import Answer, Answered, Claim, Erased, Head, Kept, Message, Spent
from tutor_widget.wire import Event


def says(message_id: str) -> Message:
    """A learner's message."""
    return Message(message_id, f"text of {message_id}")


async def begin(store: Store, account: str = "", name: str = SESSION) -> Head:
    """Make the session, or find it; its head."""
    head = await store.create_session(account, name)
    assert isinstance(head, Head)
    return head


async def head_of(store: Store, key: int) -> Head:
    """The head of a session that exists."""
    head = await store.head(key)
    assert isinstance(head, Head)
    return head


async def spent(store: Store, key: int, day: str) -> int:
    """The tokens that the session's account has used on the day."""
    found = await store.spent(key, day)
    assert isinstance(found, Spent)
    return found.tokens


async def log_of(store: Store, key: int) -> Sequence[Event]:
    """All events of a session that exists."""
    events = await store.read(key, 0, 1000, 1 << 30)
    assert not isinstance(events, Erased)
    return events


async def append(store: Store, key: int, message: Message) -> Event:
    """Write a message that is new."""
    kept = await store.append(key, message)
    assert isinstance(kept, Kept)
    assert kept.fresh
    return kept.event


async def claim(store: Store, key: int) -> Claim:
    """Claim a message that is free."""
    claimed = await store.claim(key)
    assert isinstance(claimed, Claim), claimed
    return claimed


async def answer(store: Store, key: int, text: str = "ok") -> Answered:
    """Answer the oldest message."""
    claimed = await claim(store, key)
    re = claimed.message.id
    answered = await store.answer(claimed, Answer(f"_{re}", re, text, "complete"))
    assert answered is not None
    return answered


async def fill_with(store: Store, name: str, word: str) -> int:
    """A session that has the word wherever a word can be; its key."""
    key = (await begin(store, "ada", name)).key
    for n in range(12):
        context = {"cell": f"{word} " * (n % 7 * 50)}
        await store.append(key, Message(f"m{n}", f"{word} {n} " * (1 + n % 5 * 100), context))
        claimed = await claim(store, key)
        state, record = {"said": word * n}, {"prompt": word}
        answer = Answer(f"_{n}", f"m{n}", f"{word} " * n, "complete", state, record)
        if n % 2:
            await store.answer(claimed, answer)
        else:
            await store.hold(claimed, answer)
            await store.approve(key, f"m{n}", f"{word} too" if n % 4 else None)
        await store.report(key, f"_{n}", f"why {word}?")
    await store.notice(key, "_n", word, word)
    await store.append(key, Message("last", word))
    held = Answer("_l", "last", word, "complete")
    await store.hold(await claim(store, key), held, 3600, f"{word} instead")
    await store.append(key, Message("waits", word, {"cell": word}))
    return key


def fill(database: Path, session: str, texts: Iterable[str]) -> None:
    """Write a conversation into a session: each text, with the same as its answer.

    A server may run on the database. None is asked: thousands of messages take seconds this way.
    """
    with ThreadPoolExecutor(1) as thread:  # the caller's may have a loop already
        thread.submit(asyncio.run, _fill(database, session, texts)).result()


async def _fill(database: Path, session: str, texts: Iterable[str]) -> None:
    store = await SQLiteStore.open_file(database)
    try:
        key = (await begin(store, name=session)).key
        answering: list[asyncio.Future[Answered | None]] = []
        for text in texts:
            message = Message(secrets.token_hex(8), text)
            # In one turn of the loop with the answer to the one before: they are one commit.
            kept = await store.append(key, message, claims=True)
            assert isinstance(kept, Kept)
            assert kept.claim is not None
            answer = Answer(f"_{message.id}", message.id, text, "complete")
            answering.append(store.answer(kept.claim, answer))
        assert None not in await asyncio.gather(*answering)
    finally:
        await store.close()


def fill_rows(database: Path, sessions: int, events: int) -> None:
    """Write rows of so many sessions, with so many events each, into a database of SQLite."""
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        db.executemany(
            "INSERT INTO sessions (account, name, epoch, began, active, last)"
            " VALUES ('', ?, ?, 1, 1, ?)",
            [(f"s{n}", f"e{n}", events) for n in range(sessions)],
        )
        db.execute(
            "WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?)"
            " INSERT INTO events (session, seq, id, role, text, at, status)"
            " SELECT key, seq, 'm' || seq, 'learner', 'text', 1, 'complete' FROM sessions, n"
            " WHERE key NOT IN (SELECT session FROM events)",
            (events,),
        )
