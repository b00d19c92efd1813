"""Whether a text tells the right one of several choices. Pure.

By its letter, by its words, or by denying all others. A text that names all choices, or several
without denying any, tells nothing.
"""

from __future__ import annotations

import re
from typing import Final

from ....lesson.judge import LETTERS
from ....lesson.normal import clean, tidy, words
from ....lesson.phrases import vocabulary
from ....lesson.steps import Step

__all__ = ["Choice"]

_LETTER: Final = re.compile(r"(?<![A-Za-z0-9_'’.\-])(?P<letter>[A-H])(?![A-Za-z0-9_'’\-+#])")
_NAME: Final = re.compile(r"[A-Z][a-z]+[A-Z]\w*|\w+_\w+")
_STEM: Final = 4
_LONG: Final = 3


class Choice:
    """The right choice of a step."""

    def __init__(self, step: Step) -> None:
        self._right = step.correct
        self._letters = LETTERS[: len(step.choices)]
        self._forms = {
            letter: tidy(clean(choice)).casefold()
            for letter, choice in zip(self._letters, step.choices, strict=True)
        }
        self._asked = _stems(f"{step.question} {step.also}")
        self._own = {letter: self._distinctive(letter) for letter in self._letters}
        names = _NAME.findall(step.choices[self._letters.index(self._right)])
        rest = " ".join(form for n, form in self._forms.items() if n != self._right)
        self._names = frozenset(
            n for n in names if n.casefold() not in rest and n not in step.question
        )

        known = vocabulary().words
        denials = known["not"] | known["rejections"] | known["contrasts"]
        self._denials = denials.difference(words(" ".join(step.choices)))

    def _distinctive(self, letter: str) -> frozenset[str]:
        """Stems of the words that only this choice has, and not the question."""
        others = (_stems(form) for other, form in self._forms.items() if other != letter)
        return _stems(self._forms[letter]).difference(*others)

    def is_even(self, text: str) -> bool:
        """Whether it names all choices, or several and denies none."""
        named = self.named(text)
        return len(named) == len(self._letters) or (len(named) > 1 and not self._denies(text))

    def named(self, text: str) -> set[str]:
        """The letters of the choices that the text names, by letter or in their words."""
        found = {match["letter"] for match in _LETTER.finditer(text)} & set(self._letters)
        if found == {"A"} and not re.search(r"(?<!\w)\(?[`\"'*]?A[).:`\"'*]", text):
            found = set()
        whole = tidy(clean(text)).casefold()
        return found | {letter for letter in self._letters if self._is_said(letter, whole)}

    def _is_said(self, letter: str, whole: str) -> bool:
        form, own = self._forms[letter], self._own[letter]
        if len(words(form)) > 1 and form in whole:
            return True
        return bool(own) and own <= _stems(whole) and len(own) > 1

    def is_told(self, text: str) -> bool:
        """Whether the text tells the right one."""
        named = self.named(text)
        if self._names & set(re.findall(r"\w+", text)) and not named - {self._right}:
            return not text.rstrip().endswith("?")
        return named == {self._right} and not self._denies(text)

    def _denies(self, text: str) -> bool:
        """Whether it has a word for "not" or "wrong" that no choice has."""
        return not self._denials.isdisjoint(words(text))

    def is_told_by_name(self, text: str) -> bool:
        """Whether the text has a name that only the right choice has."""
        return not self._names.isdisjoint(re.findall(r"\w+", text))

    def denied(self, text: str) -> set[str]:
        """The choices that the text says are wrong."""
        return self.named(text) if self._denies(text) else set()

    def is_left(self, denied: set[str]) -> bool:
        """Whether the right choice is the only one that was not denied."""
        return set(self._letters) - denied == {self._right}


def _stems(text: str) -> frozenset[str]:
    small = vocabulary().words["small"] | {"the", "first"}
    return frozenset(w[:_STEM] for w in words(text) if len(w) >= _LONG and w not in small)
