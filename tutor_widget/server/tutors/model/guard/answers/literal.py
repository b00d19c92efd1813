"""Whether a text holds an answer in words or code. Pure.

An answer that the question does not show counts wherever it stands. One that it shows ("in mean",
where a traceback names `mean`) counts in a statement that speaks of what is asked, unless it stands
beside its rivals, the author's wrong answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ....lesson.normal import tidy, words
from ....lesson.phrases import vocabulary
from ....lesson.steps import Step
from ..words import ANSWERS, CUES, PIECES, WITH
from .answer import Answer, cleaned, find
from .rows import Row, Rows

__all__ = ["Literal"]

_CONSTANTS: Final = frozenset(("None", "True", "False"))
_WORD: Final = re.compile(r"[A-Za-z]\w*")
_LIST: Final = re.compile(r"\[([^\[\]\n]{3,200})\]")
_MARKS: Final = "`'\""
_COUNTERPARTS: Final = {"True": "False", "False": "True"}
_PART: Final = re.compile(r"[`'\"*]([^\s`'\"*]{1,30})[`'\"*]|(?<![\w'])([A-Za-z]{1,20})(?![\w'])")
_LEAST_SPELT: Final = 3
_MOST_BEHIND: Final = 3
"""Letters behind a word that was spelt."""
_MOST_PIECES: Final = 40
_STEM: Final = 4
_SEPARATORS: Final = re.compile(r"[\s,;|`'\"·•*()\[\]{}→:>.-]{0,12}\Z")


class Literal:
    """The answers of a step that asks for words or code."""

    def __init__(self, step: Step) -> None:
        self._step = step
        question = tidy(cleaned(step.question))
        self._answers = tuple(Answer(answer, step, question) for answer in step.answers)
        self._rows = Rows(step)
        self._asked = _stems(step.question.split("```")[-1] + " " + step.also)
        self._lines = frozenset(map(_squeezed, step.question.splitlines()))
        self._siblings = tuple(_siblings(step))
        prose = tidy(cleaned(step.question.split("```")[-1]))
        found = (answer for mistake in step.mistakes for answer in mistake.answers)
        rivals = (Answer(text, step, question) for text in found if len(text) < 30)
        # What the question asks about stands beside every answer.
        self._rivals = tuple(rival for rival in rivals if not rival.stands_in(prose))

    def is_told(self, text: str) -> bool:
        """Whether the text, which repeats nothing, holds an answer."""
        whole = tidy(cleaned(text))
        found = [answer for answer in self._answers if answer.stands_in(whole)]
        if any(not answer.is_shown for answer in found):
            return True
        if found and self._states(text, whole):
            return True
        return self._rows.is_in(text) or self._is_left(whole) or self.is_corrected(text)

    def is_told_in_code(self, code: str) -> bool:
        """Whether code holds an answer, and no rival."""
        whole = tidy(cleaned(code))
        is_held = any(answer.stands_in(whole) for answer in self._answers)
        return (is_held and not self.is_even(code)) or self.is_corrected(code)

    def is_corrected(self, text: str) -> bool:
        """Whether it has a line of the question with the sign in it that is the answer."""
        signs = [sign for answer in self._answers if (sign := answer.sign)]
        lines = set(map(_squeezed, text.splitlines())) - self._lines if signs else ()
        return any(
            sign in line and line.replace(sign, "") in self._lines - {""}
            for line in lines
            for sign in signs
        )

    def row(self) -> Row:
        """What a reply says of rows of numbers."""
        return Row(self._rows)

    def is_spelt(self, letters: str) -> bool:
        """Whether single letters, put together, end with an answer."""
        cores = (answer.core for answer in self._answers)
        # What is put together may end with letters that belong to the next words.
        return any(
            len(core) >= _LEAST_SPELT and core in letters[-len(core) - _MOST_BEHIND :]
            for core in cores
        )

    def is_hidden(self, text: str) -> bool:
        """Whether a text that was disguised holds an answer. Nothing that hides is a repetition."""
        whole = tidy(cleaned(text))
        return any(answer.stands_in(whole) for answer in self._answers) or self._rows.is_in(text)

    def is_pieced(self, text: str) -> bool:
        """Whether parts of a word, put together, are an answer: "starts with b, ends with reak"."""
        if PIECES.search(text) and any(a.is_in_order(text) for a in self._answers):
            return True
        if any(answer.is_joined(text) for answer in self._answers):
            return True
        parts = list(islice(_parts(text), _MOST_PIECES))
        return any(_is_made_of(a.core, parts) for a in self._answers if len(a.core) > 2)

    def is_mirrored(self, text: str) -> bool:
        """Whether an answer stands in it backwards, or in ROT13, and is no word of the question."""
        given = frozenset(words(text)).difference(words(self._step.question))
        return any(not given.isdisjoint(answer.mirrored) for answer in self._answers)

    def is_related(self, text: str) -> bool:
        """Whether the judge may find an answer in it."""
        lower = tidy(cleaned(text)).casefold()
        return any(answer.is_near(lower) for answer in self._answers)

    def _states(self, text: str, whole: str) -> bool:
        """Whether it is a statement about what is asked, and names no rival."""
        is_question = text.rstrip(" \n`*\"')").endswith(("?", "？"))
        if is_question and ANSWERS.isdisjoint(words(text)):
            return False
        if any(rival.stands_in(whole) for rival in self._rivals):
            return not self.is_even(text)
        given = _stems(text)
        return not given.isdisjoint(self._asked) or not CUES.isdisjoint(words(text))

    def is_even(self, text: str) -> bool:
        """Whether an answer that the question shows stands beside a rival, and none is denied."""
        whole = tidy(cleaned(text))
        found = [answer for answer in self._answers if answer.stands_in(whole)]
        if _denies(text) or not all(answer.is_shown for answer in found):
            return False
        if any(len(answer.core) == 1 and answer.is_stated_in(whole) for answer in found):
            return False
        rivals = max((rival.count(whole) for rival in self._rivals), default=0)
        return rivals > 0 and max((a.count(whole) for a in found), default=0) <= rivals

    def _is_left(self, whole: str) -> bool:
        """Whether it says that all others are not the answer: "it isn't False"."""
        given = frozenset(words(whole))
        if any(others <= given for others in self._siblings) and _denies(whole):
            return not any(answer.stands_in(whole) for answer in self._answers)
        others = [_COUNTERPARTS[a] for a in self._step.answers if a in _COUNTERPARTS]
        return any(
            find(whole.casefold(), other.casefold()) and _denies(whole) for other in others
        ) and not any(answer.stands_in(whole) for answer in self._answers)


def _siblings(step: Step) -> Iterator[frozenset[str]]:
    """The other elements of each list of the question that has a single answer among them."""
    single = {found[0] for answer in step.answers if len(found := words(answer)) == 1}
    for match in _LIST.finditer(step.question):
        elements = frozenset(words(match[1]))
        if len(elements) > 2 and len(elements & single) == 1:
            yield elements - single


def _squeezed(line: str) -> str:
    """The line without spaces and marks of code."""
    return re.sub(r"[\s`]+", "", line)


def _denies(text: str) -> bool:
    known = vocabulary().words
    given = frozenset(words(text))
    return not given.isdisjoint(known["not"] | known["rejections"] | known["contrasts"])


def _stems(text: str) -> frozenset[str]:
    small = vocabulary().words["small"] | vocabulary().words["fillers"]
    return frozenset(
        word[:_STEM] for word in words(text) if len(word) >= _STEM and word not in small
    )


def _parts(text: str) -> Iterator[str]:
    """Parts of a word: what is quoted, single letters, and what stands behind "with"."""
    before = ""
    for match in _PART.finditer(text):
        quoted, word = match[1], match[2]
        if quoted is not None:
            yield quoted.casefold().strip(".,-–…")
        elif _is_part(word, before):
            yield word.casefold()
        before = (word or "").casefold()


def _is_made_of(core: str, parts: Sequence[str]) -> bool:
    """Whether some of the parts, in order, make up the word. It is no part itself."""
    reached = {0}
    for part in parts:
        if 0 < len(part) < len(core):
            reached |= {at + len(part) for at in reached if core.startswith(part, at)}
    return len(core) in reached


def _is_part(word: str, before: str) -> bool:
    is_letter = len(word) == 1 and word not in ("a", "A", "I")
    return is_letter or (before in WITH and word.casefold() not in WITH)
