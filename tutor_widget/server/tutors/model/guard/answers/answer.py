"""One answer in words or code, and where it stands in a text. Pure."""

from __future__ import annotations

import codecs
import re
from typing import Final

from ....lesson.normal import clean, tidy, words
from ....lesson.steps import Step
from ..words import CUES, JOINTS

__all__ = ["Answer", "cleaned", "find"]

_CONSTANTS: Final = frozenset(("None", "True", "False"))
_LEAST_SPELT: Final = 3
_LEAST_STEM: Final = 10
"""Letters of a word that other languages have in another form: "mitochondries"."""
_ENDING: Final = 2
_SHORT: Final = 3
"""Letters of a word that fills a gap, and stands in every other sentence: "dem"."""
_SAID: Final = "|".join(
    sorted(
        CUES
        | {"are", "sind", "son", "sont", "be", "to", "zu", "letter", "buchstabe", "letra", "lettre"}
    )
)
"""Behind one of them a word is named: "it is d"."""
_BLANK: Final = re.compile(r"([^\W_]+)?\W{0,3}_{2,}\W{0,3}([^\W_]+)?")
"""A gap in a sentence that is to be filled in, and its neighbours."""


class Answer:
    """An answer of the author. ``question`` is that of the step, cleaned and tidied."""

    def __init__(self, text: str, step: Step, question: str) -> None:
        self._text = clean(text)
        form = tidy(self._text)
        self._is_exact = step.case or form in _CONSTANTS
        self._form = form if self._is_exact else form.casefold()
        self._is_sign = not words(form)
        self.sign = form if self._is_sign else ""
        blank = _BLANK.search(clean(step.question.replace("\n", " ")))
        self._pattern = _standing(self._form)
        self._stated = _stated(self._form, blank)
        self._is_small = self._form.isalpha() and blank is not None and len(self._form) <= _SHORT
        self._words = [word for word in words(form) if word not in ("a", "an", "the", "in")]
        self.core = "".join(char for char in form.casefold() if char.isalnum())
        is_foreign = self.core.isascii() and self._form.isalpha() and len(self.core) >= _LEAST_STEM
        if is_foreign and not self._is_exact:
            self._pattern = re.compile(rf"(?<!\w){self.core[:-_ENDING]}\w{{0,4}}(?!\w)")
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
            quoted = sum(whole.count(f"{mark}{self._form}{mark}") for mark in "'\"`")
            return max(quoted, self.is_stated_in(whole))
        if self._is_small:
            return int(self.is_stated_in(whole))
        if self._form == "None" and _is_in_prose(whole):
            return 0
        return len(self._pattern.findall(whole if self._is_exact else whole.casefold()))

    def is_stated_in(self, whole: str) -> bool:
        """Whether a tidied text calls something so ("it is dem"), or fills in the gap with it.

        A word of one or two letters, or one that stands in every other sentence, may be there for
        itself.
        """
        if self._is_sign:
            return False
        return self._stated.search(whole if self._is_exact else whole.casefold()) is not None

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


def _stated(form: str, blank: re.Match[str] | None) -> re.Pattern[str]:
    """The form behind a word that names it, marked, or in the gap of the question."""
    one = re.escape(form)
    ways = [rf"(?<!\w)(?:{_SAID})[\s:'*]{{0,3}}{one}", rf"[=→:>] ?'?{one}", rf"['*]{one}['*]"]
    if blank is not None:
        before, behind = blank.groups()
        ways += [rf"(?<!\w){before.casefold()}\W{{0,3}}{one}"] if before else []
        ways += [rf"(?<!\w){one}\W{{0,3}}{behind.casefold()}"] if behind else []
    return re.compile(
        "|".join(f"(?:{way})(?![\\w'])" if not way.endswith("*]") else way for way in ways)
    )


def _is_in_prose(whole: str) -> bool:
    """Whether each "None" is the word of English: "None of the lines"."""
    return find(whole, "None") and not re.search(r"(?<!\w)None(?! of\b)(?!\w)", whole)


def find(whole: str, form: str) -> bool:
    """Whether the form stands in the text, and is no part of a word."""
    return _standing(form).search(whole) is not None


def _standing(form: str) -> re.Pattern[str]:
    """The form where it is no part of a word."""
    start = r"(?<![A-Za-z0-9_])" if form[:1].isascii() and form[:1].isalnum() else ""
    end = r"(?![A-Za-z0-9_])" if form[-1:].isascii() and form[-1:].isalnum() else ""
    return re.compile(start + re.escape(form) + end)


def cleaned(text: str) -> str:
    """All of the text as `normal.clean` leaves it, with its code spans as quotes."""
    return "\n".join(clean(line).replace("`", "'") for line in text.splitlines())
