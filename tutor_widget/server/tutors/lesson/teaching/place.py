"""A learner's place in one lesson, and the numbers that follow from it. Pure.

Steps are known by the digests of their questions. So a teacher may insert, cut, move and rewrite
steps while learners are at them:

-   The place is the question that was asked, wherever it stands now. If it is gone, it is the next
    step that was not passed, from where it stood.
-   A step is passed when it was solved or missed. What stands before the place counts as missed if
    it was never asked, and can be tried at the end of the lesson.
-   A check (`Step.unassisted`) has one try. Once that was spent it is not asked again, until the
    lesson is begun anew.
-   `Place.progress` counts the steps that were passed. It falls by no more than the lesson shrinks,
    also if steps were rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from ..steps import DIGEST, Lesson, Step
from .kept import MOST, Kept

__all__ = ["PLACE_KEYS", "Place", "read_place"]

PLACE_KEYS: Final = (
    "step", "of", "question", "attempts", "hints", "helped", "done", "solved", "missed", "spent",
    "progress", "score",
)  # fmt: skip
"""The keys that hold a place, in a state or in its ``places``."""
_MOST_GONE: Final = 100
"""Digests of steps that are not in the lesson, and may come back."""


@dataclass(slots=True)
class Place:
    """``number`` is that of the step that is asked, or was asked last if the lesson is ``done``."""

    lesson: Lesson
    number: int = 1
    attempts: int = 0
    hints: int = 0
    helped: int = 0
    """Which help is offered next to talk at this step; see at_step.py."""
    done: bool = False
    solved: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    spent: set[str] = field(default_factory=set)
    """The missed checks whose one try was spent."""
    least: int = 0
    """What `progress` was, without what the lesson has shrunk by."""
    is_retried: bool = False
    """The step passed last had been missed before."""
    is_lost: bool = False
    """The question that was asked is gone."""

    @property
    def step(self) -> Step:
        """The step, in the lesson's own language."""
        return self.lesson.steps[self.number - 1]

    @property
    def digest(self) -> str:
        return self.lesson.digests[self.number - 1]

    @property
    def of(self) -> int:
        return len(self.lesson.steps)

    @property
    def score(self) -> int:
        """How many steps are solved."""
        return sum(digest in self.solved for digest in self.lesson.digests)

    @property
    def progress(self) -> int:
        """How many steps were passed."""
        passed = sum(self._is_passed(digest) for digest in self.lesson.digests)
        return min(max(passed, self.least), self.of)

    @property
    def is_all_solved(self) -> bool:
        """Whether every step is solved."""
        return self.score == self.of

    @property
    def untried(self) -> list[int]:
        """The numbers of the steps that can be tried at the end of the lesson."""
        digests, over = enumerate(self.lesson.digests, 1), self.solved | self.spent
        return [number for number, digest in digests if digest not in over]

    @property
    def is_retry(self) -> bool:
        """Whether a step is asked once more, after the end of the lesson."""
        return not self.done and self.digest in self.missed

    def solve(self) -> None:
        """The step was answered right. Go on."""
        self.is_retried = self.is_retry
        self.solved.add(self.digest)
        self.missed.discard(self.digest)
        self._ask_first(range(self.number + 1, self.of + 1))

    def miss(self) -> None:
        """The step was passed without a right answer. Go on."""
        self.is_retried = self.is_retry
        self.missed.add(self.digest)
        self._ask_first(range(self.number + 1, self.of + 1))

    def fail(self) -> None:
        """The one try of a check was spent. Go on."""
        self.spent.add(self.digest)
        self.miss()

    def go_to(self, number: int) -> None:
        """Ask this step, from its first hint."""
        self.number = number
        self.attempts = self.hints = self.helped = 0
        self.done = False

    def count_attempt(self) -> None:
        self.attempts = min(self.attempts + 1, MOST)

    def kept(self) -> dict[str, Any]:
        """The place as JSON, for `read_place`."""
        return {
            "step": self.number,
            "of": self.of,
            "question": self.digest,
            "attempts": self.attempts,
            "hints": self.hints,
            "helped": self.helped,
            "done": self.done,
            "solved": sorted(self.solved),
            "missed": sorted(self.missed),
            "spent": sorted(self.spent),
            "progress": self.progress,
        }

    def find(self, question: str, number: int) -> None:
        """Go to the step with this question. If it is gone: to the next, from ``number`` on."""
        if question in self.lesson.digests:
            self.number = self.lesson.digests.index(question) + 1
            return
        self.number = min(max(number, 1), self.of)
        if question and not self.done:
            self.is_lost = True
            self._ask_first(chain(range(self.number, self.of + 1), range(1, self.number)))

    def settle(self) -> None:
        """The step that is asked is not solved, and what stands before it was passed."""
        digests = self.lesson.digests
        if self.done:
            passed = [n for n, digest in enumerate(digests, 1) if self._is_passed(digest)]
            behind = max(passed, default=0)
        else:
            self.solved.discard(self.digest)
            behind = self.number - 1
        self.missed.update(digest for digest in digests[:behind] if digest not in self.solved)

    def _ask_first(self, numbers: Iterable[int]) -> None:
        """Ask the first of these steps that was not passed; without one, the lesson is done."""
        digests = self.lesson.digests
        number = next((n for n in numbers if not self._is_passed(digests[n - 1])), None)
        if number is None:
            self.done = True
        else:
            self.go_to(number)

    def _is_passed(self, digest: str) -> bool:
        return digest in self.solved or digest in self.missed


def read_place(kept: Kept, lesson: Lesson) -> Place:
    """The place in the lesson as it is now. What is malformed counts as absent."""
    of = kept.count("of")
    shrunk = max(0, (of or 0) - len(lesson.steps))
    progress = kept.count("progress") or 0
    solved, missed = _passed(kept, lesson)
    place = Place(
        lesson,
        attempts=kept.count("attempts") or 0,
        hints=kept.count("hints") or 0,
        helped=kept.count("helped") or 0,
        done=kept.flag("done"),
        solved=solved,
        missed=missed,
        spent=_named(kept, "spent", lesson) & missed,
        least=progress - shrunk if progress <= (of or 0) else 0,
    )
    place.find(kept.text("question", 64)[:DIGEST], (kept.count("step") or 1) - shrunk)
    place.settle()
    return place


def _passed(kept: Kept, lesson: Lesson) -> tuple[set[str], set[str]]:
    """The digests of the steps that were solved and missed.

    0.1 kept the place and the score, without saying which steps were missed: the last ones are
    taken. Later, the number of the last step passed and those of the missed ones were kept, too.
    """
    missed = _named(kept, "missed", lesson)
    if kept.entries("solved") is not None:
        solved = _named(kept, "solved", lesson)
        return solved, missed - solved
    step = kept.count("step") or 1
    last = kept.count("progress") or (step if kept.flag("done") else step - 1)
    passed = lesson.digests[: max(last, 0)]
    solved = set(islice((d for d in passed if d not in missed), kept.count("score") or 0))
    return solved, missed | (set(passed) - solved)


def _named(kept: Kept, key: str, lesson: Lesson) -> set[str]:
    """The digests in a list of digests, or of numbers of steps. A few may be of steps gone."""
    entries = kept.entries(key) or []
    known = dict(enumerate(lesson.digests, 1))
    given = [known.get(e, "") if type(e) is int else e for e in entries]
    digests = [d[:DIGEST] for d in given if isinstance(d, str) and d]
    here = set(lesson.digests)
    return (here & set(digests)) | set(islice((d for d in digests if d not in here), _MOST_GONE))
