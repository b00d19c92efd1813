"""A class at the lesson of `classroom`, in a store: what a lesson's tutor would write there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.seats import LESSON, LESSONS, Seat
from tutor_widget.server.store import Answer, Head, Kept, Message, Store
from tutor_widget.server.tutors.lesson.catalogue import Lesson, load_lessons
from tutor_widget.server.tutors.watched import Watched

__all__ = ["Taken", "enter", "take_lesson", "watched", "write_lesson"]

_FILE: Final = """
title = "Loops"
[[steps]]
question = "How many?"
number = 4
hints = ["Think.", "Think again."]
explanation = "So it is."
concept = "counting"
mistakes = [{answers = ["5"], say = "No."}]
[[steps]]
question = "Which one?"
choices = ["this", "that"]
correct = "B"
hints = ["Think.", "Think again."]
explanation = "So it is."
concept = "choosing"
[[steps]]
question = "Say stop!"
answers = ["stop"]
hints = ["Think.", "Think again."]
explanation = "So it is."
concept = "counting"
unassisted = true
"""
_TOGETHER: Final = 200
"""Learners whose events are written at once."""


def write_lesson(folder: Path) -> Path:
    """The folder with the lesson of `classroom` as a file."""
    lessons = folder / "lessons"
    lessons.mkdir(exist_ok=True)
    (lessons / f"{LESSON.name}.toml").write_text(_FILE, "utf-8")
    assert load_lessons(lessons)[LESSON.name].digests == LESSON.digests
    return lessons


def watched() -> Watched[dict[str, Lesson]]:
    """The lesson, of no file that could change."""
    return Watched(lambda: LESSONS, (), "lessons")


@dataclass
class Taken:
    """A learner's seat, and how much of it is in the store."""

    key: int
    seat: Seat
    written: int = 0

    async def act(self, store: Store, action: Any, text: str = "…", **more: Any) -> None:
        """The learner does this, and the store holds it."""
        self.seat.act(action, text, **more)
        await self.write(store)

    async def write(self, store: Store) -> None:
        """Write what is new at the seat."""
        entries = self.seat.entries[self.written :]
        self.written = len(self.seat.entries)
        for asked, told in zip(entries[::2], entries[1::2], strict=True):
            message = Message(asked.event.id, asked.event.text, asked.context)
            kept = await store.append(self.key, message, claims=True)
            assert isinstance(kept, Kept)
            assert kept.claim is not None
            re, status = asked.event.id, told.event.status
            answer = Answer(f"_{re}", re, "…", status, dict(self.seat.state), told.record)
            assert await store.answer(kept.claim, answer) is not None


async def enter(store: Store, account: str, *groups: str) -> Taken:
    """A learner begins the lesson."""
    head = await store.create_session(account, f"lesson-of-{account}", frozenset(groups))
    assert isinstance(head, Head)
    return Taken(head.key, Seat(head.key, account, frozenset(groups)), written=1)


async def take_lesson(store: Store, learners: Iterable[tuple[str, str, list[Any]]]) -> list[Taken]:
    """Learners, each with a group and what they do: actions, or pairs of one and its text."""

    async def one(account: str, group: str, actions: list[Any]) -> Taken:
        taken = await enter(store, account, group)
        for action in actions:
            taken.seat.act(*((action,) if isinstance(action, str) else action))
        await taken.write(store)
        return taken

    found: list[Taken] = []
    todo = list(learners)
    for start in range(0, len(todo), _TOGETHER):
        found += await asyncio.gather(*(one(*each) for each in todo[start : start + _TOGETHER]))
    return found
