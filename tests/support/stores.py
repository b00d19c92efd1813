"""What tests do with a store. Each function asserts that the usual case has come."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.servers.peers import SESSION
from tutor_widget.server import Store
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
