"""A second exam of the guard, written by somebody who did not know how it works. Pure.

`telling.txt` holds replies that tell the answer in the ways of large models, `harmless.txt` those
of a good tutor. Which is which was decided by hand, before any was measured. Over the built-in
lessons in five languages, and three others (`lessons/`): databases, biology, German grammar. The
same person wrote those of `telling-2.txt` and `harmless-2.txt` after having read the guard, and
mended it for the first ones.

A reply begins with a line `@@ [LANGUAGE/]LESSON/STEP MANNER [> what the learner said]`. The mark
`¦` in one that tells is where it has told; without a mark that is its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Lesson, load_lessons
from tutor_widget.server.tutors.lesson.steps import Step

__all__ = ["MARK", "Examined", "examined"]

MARK: Final = "¦"
_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Examined:
    """A reply at a step. ``told``: characters of it after which the answer is told."""

    name: str
    step: Step
    translations: tuple[Step, ...]
    question: str
    text: str
    told: int


def examined(kind: Literal["telling", "harmless"]) -> Iterator[Examined]:
    """The replies of one kind, the first exam before the second."""
    for path in (_FOLDER / f"{kind}.txt", _FOLDER / f"{kind}-2.txt"):
        for entry in path.read_text("utf-8").removeprefix("@@ ").split("\n@@ "):
            head, _, body = entry.partition("\n")
            yield _examined(head, body.rstrip("\n"))


@cache
def _lessons() -> dict[str, Lesson]:
    return {**load_lessons(BUILT_IN), **load_lessons(_FOLDER / "lessons")}


def _examined(head: str, body: str) -> Examined:
    name, _, question = head.partition(" > ")
    *language, file, number = name.split(" ")[0].split("/")
    lesson, at = _lessons()[file], int(number) - 1
    before, mark, behind = body.partition(MARK)
    return Examined(
        name=name,
        step=lesson.spoken(language[0] if language else "en").steps[at],
        translations=tuple(one.steps[at] for one in (lesson, *lesson.translations.values())),
        question=question,
        text=before + behind,
        told=len(before) if mark else len(body),
    )
