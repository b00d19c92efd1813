"""Lists of single conversations, for those who help now. No rule of figures concerns them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tutor_widget.server.store import SessionKey

from .conversation import Conversation

__all__ = ["Waiting", "failed", "waiting"]


class Waiting(NamedTuple):
    """A conversation in which a learner waits."""

    key: SessionKey
    account: str
    name: str
    groups: frozenset[str]
    since: int | None
    """Since when, in Unix ms; None if that is not known."""
    messages: int
    """Messages without an answer."""
    is_held: bool
    """Whether the answer is written and waits for a person."""
    lesson: str
    """The lesson that the learner is at, or ""."""
    at_step_since: int | None
    """Since when the learner is at this step."""


def waiting(conversations: Iterable[Conversation]) -> list[Waiting]:
    """Those with a message that has no answer; who waits longest is first."""
    return _sorted(one for one in conversations if one.waiting)


def failed(conversations: Iterable[Conversation]) -> list[Waiting]:
    """Those whose last answer failed and in which nothing waits; the oldest failure first."""
    return _sorted(one for one in conversations if one.failed_at is not None and not one.waiting)


def _sorted(conversations: Iterable[Conversation]) -> list[Waiting]:
    found = map(_waiting, conversations)
    return sorted(found, key=lambda one: (one.since is None, one.since or 0, one.key))


def _waiting(one: Conversation) -> Waiting:
    listed, here = one.listed, one.standing.here
    since = one.waiting_since if one.waiting else one.failed_at
    return Waiting(
        listed.key,
        listed.account,
        listed.name,
        listed.groups,
        since,
        len(one.waiting),
        one.held is not None,
        here.lesson if here else "",
        one.since,
    )
