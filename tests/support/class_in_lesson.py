"""A class in the middle of a lesson, as a teacher meets it: 24 learners with the real tutor of the
built-in lesson on loops, some far ahead and many stuck, and one answer that waits for a person."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.lessons import Pupil
from tests.support.small_class import hold, in_store, learner
from tutor_widget.server.store import Answer, Kept, Message, Store
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lessons

__all__ = ["GROUP", "STUCK", "WAITING", "fill_lesson"]

GROUP: Final = "7b"
STUCK: Final = "mira"
"""Has asked for a hint, and has a note of the teacher's."""
WAITING: Final = "jonas"
"""Has asked what no lesson answers."""
_NAMES: Final = (
    "ada amir bea ben carla dilan emil enya finn greta hanna ivo jonas juna kai lena "
    "leo mira nils nora omar pia sami zoe"
).split()
_LESSON: Final = load_lessons(BUILT_IN)["loops"]
_RIGHT: Final = "4|[0, 1, 2, 3]|[2, 5, 8]|B|4|2|C|[4, 7]|n % 2 == 0|12|pots".split("|")
_WRONG: Final[tuple[str, ...]] = (
    "3 3 5",
    "[1,2,3,4] [0,1,2,3,4] 1-4",
    "[2,5,8,11] [2,5,8,11] [2,3,4,5,6,7,8,9,10]",
    "D C D",
    "5 5 0",
    "0 0 0 5 10",
    "B A B",
    "[4,7,2] [4,7,9] [4,7,2]",
    "n%2 n/2==0 n//2==0",
    "7 7 4",
    "stop stop pots",
)
"""Wrong answers to each step, the frequent ones more than once."""
_CHANCE: Final = (0.3, 0.6, 0.5, 0.3, 0.5, 0.9, 0.2, 0.4, 0.6, 0.3, 0.4)
"""How likely a learner gives one."""
_PLACES: Final = (6,) * 9 + (8,) * 6 + (3,) * 2 + (12,) * 7
"""The steps at which the learners are; 12: at the end."""
_MINUTE: Final = 60_000
_QUESTION: Final = "Why does it not stop at 3? It says n > 3 and 3 is in the numbers."
_DRAFT: Final = """Follow `n` round by round: it starts with 21, and each round halves it.

Is `n` ever exactly 3? Write down the four values that it has."""
_NOTE: Final = (
    "Take a pencil: write each value of `n` in a line of its own. I come to you in a minute."
)


@dataclass
class _Seat:
    """A learner: what was written when, before now."""

    name: str
    key: int
    pupil: Pupil
    chance: random.Random
    place: int
    times: list[int] = field(default_factory=list)
    """Of the events so far, in ms from the beginning of the lesson."""

    async def take(self, store: Store) -> None:
        """Take the lesson up to the place."""
        self.times = [0]  # what tells the learner that teachers can read it
        for text in self._texts():
            await self._say(store, text)

    def _texts(self) -> Iterator[str]:
        for number in range(min(self.place, len(_RIGHT))):
            wrong = _WRONG[number].split()
            is_last = number + 1 == self.place
            if is_last or self.chance.random() < _CHANCE[number]:
                yield self.chance.choice(wrong)
            if is_last:
                yield self.chance.choice(["hint", "why?", "example", *wrong])
            elif not _LESSON.steps[number].unassisted or self.pupil.state["step"] == number + 1:
                yield _RIGHT[number]

    async def _say(self, store: Store, text: str) -> None:
        seen = len(self.times)
        kept = await store.append(self.key, Message(f"m{seen}", text), claims=True)
        assert isinstance(kept, Kept)
        assert kept.claim is not None
        reply = self.pupil.says(text)
        state, record = self.pupil.state, self.pupil.record
        answer = Answer(f"_m{seen}", f"m{seen}", reply, "complete", state, record)
        assert await store.answer(kept.claim, answer) is not None
        waited = round(self.chance.uniform(0.4, 2.4) * _MINUTE)
        self.times += [self.times[-1] + waited] * 2


def fill_lesson(url: str) -> dict[str, int]:
    """Fill the SQLite database with the class; the keys of its conversations, by their learners."""
    chance = random.Random(24)
    places = list(_PLACES)
    chance.shuffle(places)

    async def fill(store: Store) -> list[_Seat]:
        seats = []
        for name, place in zip(_NAMES, places, strict=True):
            key = await learner(store, name, GROUP)
            at = 6 if name in (STUCK, WAITING) else place
            seats.append(_Seat(name, key, Pupil(_LESSON), chance, at))
            await seats[-1].take(store)
        by_name = {seat.name: seat.key for seat in seats}
        await store.notice(by_name[STUCK], "note", "Ms. Lovelace", _NOTE)
        await hold(store, by_name[WAITING], "asks", _QUESTION, _DRAFT, 15 * 60)
        return seats

    seats = in_store(url, fill)
    _set_clock(Path(url.removeprefix("sqlite:///")), seats)
    return {seat.name: seat.key for seat in seats}


def _set_clock(database: Path, seats: list[_Seat]) -> None:
    """As if each of them had begun so long ago, and written some minutes ago."""
    now = int(time.time() * 1000)
    with sqlite3.connect(database) as db:
        for seat in seats:
            began = now - seat.times[-1] - round(seat.chance.uniform(1, 9) * _MINUTE)
            times = [(began + at, seat.key, seq) for seq, at in enumerate(seat.times, 1)]
            db.executemany("UPDATE events SET at = ? WHERE session = ? AND seq = ?", times)
            db.execute(
                "UPDATE sessions SET began = ?, active = ? WHERE key = ?",
                (began, times[-1][0], seat.key),
            )
    db.close()
