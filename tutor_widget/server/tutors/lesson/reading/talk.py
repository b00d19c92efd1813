"""What is talk: said to the tutor, and not meant as an answer.

Learners greet, sigh, complain and tell things. The words for it are in ``phrases``; the rest is
structure: who is spoken of, which words the step has, and what is left without asides.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from ..judge import without_fillers
from ..numbers import mentioned
from ..phrases import index, keys_of, outside
from .asides import ASIDES, behind, without_reason
from .attempt import ACTS, EVERYDAY, SIGNS, Attempt
from .foreign import is_foreign

__all__ = ["Said"]

_LEAST_OPINION: Final = 3
_MOST_FOREIGN: Final = 2
"""Words about something else that make a sentence with a number talk."""
_LEAST_PROSE: Final = 4
"""Words of a sentence that is no guess, at a step that asks for a name."""


class Said(Attempt):
    """A cleaned message (`normal.clean`) at a step, as it is looked through for talk."""

    @property
    def is_small_talk(self) -> bool:
        """Whether it is a phrase such as "i get it", though a word of that is the answer."""
        places = index("chatter").places(self._keys)
        is_phrase = any(end - start > 1 for start, end in places)
        is_whole = index("chatter", "openings").covers(self._keys)
        return is_phrase and is_whole and not self._words.asks_agreement

    def is_talk(self) -> bool:
        """Whether a text that is no right answer is not meant as one."""
        if self.is_answer():
            return False
        if self._tells(self._keys, "talk", "unknown", "unsure"):
            return True
        if index("agreement").is_within(self._keys) and self._words.asks_agreement:
            return False
        if self._words.is_day(self._keys):
            return True
        if not self._is_text and index("guess").is_within(self._keys):
            return False
        if self._is_agreement() or self._is_everyday() or self._is_elsewhere() or self._is_mine():
            return True
        return self._is_text and (
            is_foreign(self.text, self._words.all)
            or self._is_of_persons()
            or self._is_of_the_lesson()
            or self._is_asked()
            or self._is_opinion()
            or self._is_of_another_thing()
            or self._is_prose()
        )

    def _is_everyday(self) -> bool:
        """Whether nothing but everyday words is said, and one of them tells something."""
        rest = self._core(self._keys)
        if not rest:
            return not self._sign and not self._is_word()
        rest = [key for key in rest if not key.isdecimal()] or rest
        if not index(*EVERYDAY).covers(rest):
            return False
        is_foreign = len(self._keys) > 1 and self._words.all.isdisjoint(rest)
        telling = ("topics", "units") if is_foreign else ()
        return self._tells(rest, "chatter", "everyday", *telling)

    def _is_word(self) -> bool:
        """Whether it is one word that says nothing: a guess, where a name is asked for."""
        is_said = index("agreement", "chatter", "hedging", "openings", "unsure").covers(self._keys)
        return self._words.asks_name and len(self._keys) == 1 and not is_said

    def _is_of_persons(self) -> bool:
        """Whether somebody is spoken of, and nothing makes an answer of it: "you get" does."""
        keys = keys_of(without_reason(self.text.partition(", ")[0]))
        if index("guess").is_within(keys):
            return False
        persons = outside(index("persons").places(keys), index("fillers").places(keys))
        return any(not self._words.own.issuperset(keys[start:end]) for start, end in persons)

    def _is_of_the_lesson(self) -> bool:
        """Whether it speaks of hints, steps and the like, and the step does not."""
        places = index("nouns").places(self._keys)
        return any(self._keys[start] not in self._words.all for start, _ in places)

    def _is_asked(self) -> bool:
        """Whether a question mark makes a question of it; "is it" begins an answer."""
        is_asked_back = index("fillers").length_at(self._keys) > 1
        return self.text.endswith("?") and len(self._keys) > 2 and not is_asked_back

    def _is_opinion(self) -> bool:
        """Whether it says what somebody thinks of a thing: "strip is a funny name"."""
        is_pity = index("pity").length_at(self._core(self._keys)) > 0
        is_long = len(self._keys) >= _LEAST_OPINION
        return is_pity or (is_long and self._tells(self._keys, "opinions"))

    def _is_elsewhere(self) -> bool:
        """Whether a sentence with a number tells something of life, and not of the step."""
        if self._step.number is None:
            return False
        if len(self._keys) > 2 and self._has_foreign("topics"):
            return True
        return len(self._foreign) >= _MOST_FOREIGN

    def _is_mine(self) -> bool:
        """Whether somebody speaks of a thing of his own: "my cousin is called Kim"."""
        return bool(self._foreign) and not self._is_text and self._has_foreign("owners")

    def _is_of_another_thing(self) -> bool:
        """Whether a statement has another subject than the step: "pluto isn't a planet anymore"."""
        rest = behind(self._keys, *ASIDES, kept=self._words.kept)
        if index("anaphors").is_within(self._keys[: len(self._keys) - len(rest)]):
            return False
        if len(rest) < _LEAST_PROSE or rest[0] not in self._foreign[:1]:
            return False
        if index("guess", "outcomes", *ACTS).is_within(self._keys):
            return False
        if self._words.asks_name:
            said = self._words.question - self._words.own
            is_stated = index("asks", "equals").length_at(rest, 1) > 0
            return is_stated and any(key not in said for key in self._telling(rest[1:]))
        return len(self._foreign) > 1 and self._words.content.isdisjoint(rest)

    @cached_property
    def _foreign(self) -> list[str]:
        """The words that tell something and are not of the step."""
        known, rated = self._words.all, index("opinions", "companions", "operators", "so", *ACTS)
        return [
            key
            for key in self._telling(self._keys)
            if not (key in known or key.removesuffix("s") in known or key in rated.words)
        ]

    def _telling(self, keys: Iterable[str]) -> list[str]:
        """The words that say something, and are no numbers."""
        empty, known = self._words.empty, index(*ASIDES, "equals", "because")
        return [
            key
            for key in keys
            if key.isalpha() and key < "\u4e00" and not (key in empty or key in known.words)
        ]

    def _has_foreign(self, kind: str) -> bool:
        """Whether there is a phrase of this kind that the step does not have."""
        places, known = index(kind).places(self._keys), self._words.all
        return any(not known.issuperset(self._keys[start:end]) for start, end in places)

    def _is_prose(self) -> bool:
        """Whether it is a sentence about something else, where a name or code is asked for."""
        is_short = self._words.asks_code or self._tells(self._keys, "everyday")
        least = _LEAST_PROSE - is_short
        if not self._words.asks_name or len(self._keys) < least:
            return False
        if len(mentioned(self.text)) == len(self._keys):
            return False  # "six, seven, eight"
        if index("guess").is_within(self._keys) or index("fillers").length_at(self._keys) > 1:
            return False
        last = without_fillers(without_reason(self.text))[-1]
        if len(last.split()) == 1 and not index("common").covers(keys_of(last)):
            return False
        own = self._words.content | self._words.kept
        if self._words.asks_code:
            own = self._words.variables
        return SIGNS.isdisjoint(self.text) and own.isdisjoint(self._keys)
