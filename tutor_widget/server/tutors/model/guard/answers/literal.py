"""Whether a text holds an answer in words or code. Pure.

An answer that the question does not show counts wherever it stands. One that it shows ("in mean",
where a traceback names `mean`) counts in a statement that speaks of what is asked, unless it stands
beside its rivals, the author's wrong answers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ....lesson.normal import clean, tidy, words
from ....lesson.numbers import mentioned
from ....lesson.phrases import vocabulary
from ....lesson.steps import Step
from ..words import ANSWERS, CUES, JOINTS, PIECES, WITH

__all__ = ["Literal"]

_CONSTANTS: Final = frozenset(("None", "True", "False"))
_WORD: Final = re.compile(r"[A-Za-z]\w*")
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
        question = tidy(_cleaned(step.question))
        self._answers = tuple(_Answer(answer, step, question) for answer in step.answers)
        self._rows = [row for answer in step.answers if len(row := _numbers(answer)) > 1]
        self._asked = _stems(step.question.split("```")[-1] + " " + step.also)
        found = (answer for mistake in step.mistakes for answer in mistake.answers)
        self._rivals = tuple(_Answer(text, step, question) for text in found if len(text) < 30)

    def is_told(self, text: str) -> bool:
        """Whether the text, which repeats nothing, holds an answer."""
        whole = tidy(_cleaned(text))
        found = [answer for answer in self._answers if answer.stands_in(whole)]
        if any(not answer.is_shown for answer in found):
            return True
        if found and self._states(text, whole):
            return True
        return self._is_row(text) or self._is_left(whole)

    def is_told_in_code(self, code: str) -> bool:
        """Whether code holds an answer, and no rival."""
        whole = tidy(_cleaned(code))
        is_held = any(answer.stands_in(whole) for answer in self._answers)
        return is_held and not self.is_even(code)

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
        whole = tidy(_cleaned(text))
        return any(answer.stands_in(whole) for answer in self._answers) or self._is_row(text)

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
        lower = tidy(_cleaned(text)).casefold()
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
        whole = tidy(_cleaned(text))
        found = [answer for answer in self._answers if answer.stands_in(whole)]
        if _denies(text) or not all(answer.is_shown for answer in found):
            return False
        rivals = max((rival.count(whole) for rival in self._rivals), default=0)
        return rivals > 0 and max((a.count(whole) for a in found), default=0) <= rivals

    def _is_row(self, text: str) -> bool:
        """Whether a row of numbers is the answer."""
        if not self._rows:
            return False
        text = _cleaned(text)
        row: list[str] = []
        end = 0
        found = mentioned(text)
        for mention in [*found, None]:
            gap = text[end : mention.start] if mention else "\0"
            if row and not _is_joint(gap):
                if row in self._rows:
                    return True
                row = []
            if mention:
                row.append(str(min(mention.values)))
                end = mention.end
        return False

    def _is_left(self, whole: str) -> bool:
        """Whether it says that one of two is not the answer: "it isn't False"."""
        others = [_COUNTERPARTS[a] for a in self._step.answers if a in _COUNTERPARTS]
        return any(
            _find(whole.casefold(), other.casefold()) and _denies(whole) for other in others
        ) and not any(answer.stands_in(whole) for answer in self._answers)


class _Answer:
    def __init__(self, text: str, step: Step, question: str) -> None:
        self._text = clean(text)
        form = tidy(self._text)
        self._is_exact = step.case or form in _CONSTANTS
        self._form = form if self._is_exact else form.casefold()
        self._is_sign = not words(form)
        self._pattern = _standing(self._form)
        self._words = [word for word in words(form) if word not in ("a", "an", "the", "in")]
        self.core = "".join(char for char in form.casefold() if char.isalnum())
        forms = (self.core[::-1], codecs.encode(self.core, "rot13"))
        is_long = len(self.core) >= _LEAST_SPELT
        self.mirrored = frozenset(form for form in forms if is_long and form != self.core)
        self.is_shown = self.stands_in(question)

    def stands_in(self, whole: str) -> bool:
        """Whether it stands in a tidied text, and is no part of a word."""
        return self.count(whole) > 0

    def count(self, whole: str) -> int:
        """How many times it stands in a tidied text."""
        if self._is_sign or len(self._form) == 1:
            return sum(whole.count(f"{mark}{self._form}{mark}") for mark in "'\"`")
        if self._form == "None" and _is_in_prose(whole):
            return 0
        return len(self._pattern.findall(whole if self._is_exact else whole.casefold()))

    def is_in_order(self, text: str) -> bool:
        """Whether its words, which are several, stand in the text one after the other."""
        wanted, given = words(self._text), iter(words(text))
        is_row = "".join(wanted).isdecimal()
        return len(wanted) > 1 and not is_row and all(word in given for word in wanted)

    def is_joined(self, text: str) -> bool:
        """Whether its words stand side by side but for "then": "milk, then in, then shopping"."""
        wanted = words(self._text)
        size = len(wanted)
        kept = [(n, word) for n, word in enumerate(words(text)) if word not in JOINTS]
        windows = (kept[at : at + size] for at in range(len(kept) - size + 1))
        return size > 1 and any(
            [word for _, word in window] == wanted and window[-1][0] - window[0][0] >= size
            for window in windows
        )

    def is_near(self, lower: str) -> bool:
        """Whether one of its words, or signs, is in the text."""
        if self._is_sign:
            return self._form in lower
        return any(word in lower for word in self._words) or not self._words


def _is_in_prose(whole: str) -> bool:
    """Whether each "None" is the word of English: "None of the lines"."""
    return _find(whole, "None") and not re.search(r"(?<!\w)None(?! of\b)(?!\w)", whole)


def _find(whole: str, form: str) -> bool:
    return _standing(form).search(whole) is not None


def _standing(form: str) -> re.Pattern[str]:
    """The form where it is no part of a word."""
    start = r"(?<![A-Za-z0-9_])" if form[:1].isascii() and form[:1].isalnum() else ""
    end = r"(?![A-Za-z0-9_])" if form[-1:].isascii() and form[-1:].isalnum() else ""
    return re.compile(start + re.escape(form) + end)


def _cleaned(text: str) -> str:
    """All of the text as `normal.clean` leaves it, with its code spans as quotes."""
    return "\n".join(clean(line).replace("`", "'") for line in text.splitlines())


def _numbers(answer: str) -> list[str]:
    found = mentioned(clean(answer))
    rest = answer
    for char in "0123456789,[]() -":
        rest = rest.replace(char, "")
    return [] if rest and rest != "and" else [str(min(mention.values)) for mention in found]


def _is_joint(gap: str) -> bool:
    return len(gap) < 24 and (
        _SEPARATORS.match(gap) is not None or JOINTS.issuperset(words(gap) or ["?"])
    )


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
