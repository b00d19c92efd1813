"""Whether a message, or a part of it, is an answer that stands alone: right or wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from ..code import is_code
from ..judge import conclusion, in_words_of, without_fillers
from ..numbers import mentioned
from ..phrases import index, keys_of, ordinals
from ..steps import Step
from .asides import ASIDES, behind, clauses, core, without_asides, without_reason
from .step_words import words_of

__all__ = ["ACTS", "EVERYDAY", "SIGNS", "Attempt"]

EVERYDAY: Final = (
    *ASIDES, "agreement", "asks", "common", "everyday", "nouns", "persons", "polite", "question",
    "talk", "topics", "units", "unknown",
)  # fmt: skip
"""Kinds of words of everyday life."""
ACTS: Final = ("removing", "adding", "making", "showing", "changing", "stopping")
"""Kinds of verbs that tell what a program does."""
SIGNS: Final = frozenset('()[]{}=<>+*/%"`')
"""Some English is Python, too: "not sure". With such a sign it is meant as code."""
_NAME: Final = re.compile(r"[A-Za-z]_[A-Za-z]|[a-z][A-Z]")
"""How names in code are written: `my_list`, `KeyError`."""
_ERROR: Final = "error"
_MOST_BARE: Final = 4
"""Words of an answer that stands alone."""


class Attempt:
    """A cleaned message (`normal.clean`) at a step, as it is looked through for answers."""

    def __init__(self, text: str, step: Step) -> None:
        self.text = text
        self._step = step
        self._words = words_of(step)
        self._keys = keys_of(text)
        self._is_text = step.number is None and not step.choices

    @cached_property
    def _parts(self) -> Iterable[str]:
        """The text, and the parts of it that may be an answer alone."""
        told = (
            without_reason(self.text),
            conclusion(self.text),
            in_words_of(self.text, self._step.choices, are_choices=True),
        )
        return dict.fromkeys(filter(None, (self.text, *told, *clauses(self.text))))

    @cached_property
    def answer(self) -> str:
        """The text without its asides."""
        return self._sign or without_asides(self.text, self._words.kept)

    @property
    def is_right_in_full(self) -> bool:
        """Whether it is a right answer or choice in full, behind words such as "it is"."""
        return any(keys in self._words.rights for keys in self._tails(self._keys))

    @property
    def is_part_of_a_choice(self) -> bool:
        """Whether it is some words of a choice with its question word: "what is in both"."""
        if self.text.endswith("?"):
            return False
        rest = behind(self._keys, "question")
        first = self._keys[: len(self._keys) - len(rest)]
        is_own = all(key.removesuffix("s") in self._words.of_choices for key in first)
        return is_own and len(rest) > 1 and self._words.is_in_a_choice(rest)

    def is_answer(self) -> bool:
        """Whether it, or a part of it, is an answer that stands alone, be it right or wrong."""
        return any(map(self._is_bare, self._parts))

    def is_guess(self) -> bool:
        """Whether a text without a number or choice is an answer all the same: "nothing"."""
        is_agreed = self._words.asks_agreement and self._is_agreement()
        return is_agreed or any(map(self._is_outcome, self._parts))

    @cached_property
    def _sign(self) -> str:
        """The sign that is the answer, where no word is."""
        if self._core(self._keys):
            return ""
        return self._words.sign(self.text) or self._words.sign(without_reason(self.text))

    def _is_bare(self, part: str) -> bool:
        keys = keys_of(part)
        rest = self._core(behind(self._core(keys), "not"))
        if self._is_whole(keys) or self._words.has_whole(rest):
            return True
        if len(rest) > 1 and self._words.of_choices.issuperset(rest):
            return True
        told = without_fillers(part)[-1]
        if self._is_like_an_answer(keys_of(told)):
            return True
        if told != part and SIGNS & set(told) and is_code(told):
            return True
        if SIGNS & set(part) and not index(*EVERYDAY).covers(rest) and is_code(part):
            return True
        is_told = self._tells(keys, "talk", "unknown")
        return not is_told and 0 < len(rest) <= _MOST_BARE and all(map(self._is_content, rest))

    def _is_content(self, key: str) -> bool:
        """Whether a word may be an answer's: one of the step, or where it fits, a number."""
        if key in self._words.answers:
            return True
        return not self._is_text and (
            key in self._words.letters or bool(mentioned(key)) or bool(ordinals().name([key]))
        )

    def _is_like_an_answer(self, keys: Sequence[str]) -> bool:
        """Whether a word has the form of the answers: an error's name, a number, a letter, a part
        of a text."""
        if not self._is_text or len(keys) != 1:
            return False
        (key,) = keys
        if self._words.is_value(key):
            return True
        if key.endswith(_ERROR) and key != _ERROR:
            return any(answer.endswith(_ERROR) for answer in self._words.answers)
        is_number = key.isdecimal() and self._words.have_numbers
        return is_number or (len(key) == 1 and key.isalpha() and self._words.are_letters)

    def _is_outcome(self, part: str) -> bool:
        keys = keys_of(part)
        rest = self._core(keys)
        if self._is_whole(keys):
            return True
        if not rest or self._tells(keys, "talk", "unknown"):
            return False
        if index("outcomes").covers(rest) or self._is_outcome_of(rest):
            return True
        if len(rest) > 1:
            return len(rest) <= _MOST_BARE and self._words.names.issuperset(rest)
        is_name = _NAME.search(part) is not None
        is_own = rest[0] in self._words.own and not self._tells(rest, "chatter", "everyday")
        return is_own or is_name or rest[0] in self._words.letters - {self._step.correct.casefold()}

    def _is_outcome_of(self, keys: Sequence[str]) -> bool:
        """Whether it is an outcome with a verb of doing: "nothing gets printed"."""
        count = index("outcomes").length_at(keys)
        told = [key for key in keys[count:] if key not in index("small").single]
        return count > 0 and told != [] and index(*ACTS, "happening").covers(told)

    def _is_whole(self, keys: Sequence[str]) -> bool:
        """Whether it is an answer or a wrong choice in full, behind words such as "it is"."""
        return any(map(self._words.has_whole, self._tails(keys)))

    def _tails(self, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """All of the words, and what is left without some of those that may stand before it."""
        asides = len(keys) - len(behind(keys, *ASIDES))
        return (tuple(keys[start:]) for start in range(asides + 1))

    def _core(self, keys: Sequence[str]) -> Sequence[str]:
        return core(keys, self._words.kept)

    def _tells(self, keys: Sequence[str], *kinds: str) -> bool:
        """Whether there is a phrase of these kinds that is not made of the step's answers."""
        places, own = index(*kinds).places(keys), self._words.own
        return any(not own.issuperset(keys[start:end]) for start, end in places)

    def _is_agreement(self) -> bool:
        """Whether it is yes or no."""
        known = index("agreement", "chatter")
        return known.covers(self._keys) and index("agreement").is_within(self._keys)
