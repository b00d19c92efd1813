"""Numbers that are no answer, since they belong to something else: "step 2", "I have 4 dogs"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..numbers import mentioned
from ..phrases import Token, index, ordinals, read
from ..steps import Step
from .step_words import StepWords, words_of

__all__ = ["without_bound"]

_WITH_POINTS: Final = re.compile(r"\d+(?:[.,]\d+)+")
_NAMED: Final = re.compile(r"\d+er[ns]?")
"""In German, what bears a number: "a 6er"."""
_NEAR: Final = 2
"""Words from a number to the unit of time that it counts, at most."""
_SUBJECT: Final = 4
"""Words before a number in which its subject may stand: "my sister Ann is 9"."""
_MEASURES: Final = tuple([char] for char in "\u4e2a\u53ea\u6761\u672c\u4f4d\u540d")
"""What stands between a number and what it counts in Chinese."""
_EMPTY: Final = (
    "agreement",
    "asks",
    "chatter",
    "common",
    "fillers",
    "guess",
    "openings",
    "persons",
    "polite",
)


def without_bound(text: str, step: Step) -> str:
    """The text without such numbers, at a step that asks for a number or a choice."""
    if step.answers:
        return text
    tokens = read(text)
    keys = [token.key for token in tokens]
    bound = _Bound(keys, words_of(step))
    for at in sorted(_numerals(text, tokens), reverse=True):
        if bound.is_bound(at):
            start, end = tokens[at].start, tokens[at].end
            run = _WITH_POINTS.match(text, start)
            text = text[:start] + text[run.end() if run else end :]
    return text


class _Bound:
    def __init__(self, keys: Sequence[str], words: StepWords) -> None:
        self._keys = keys
        self._words = words
        self._phrases = _positions(keys, "chatter", "talk")
        self._units = {start for start, _ in index("units").places(keys)}
        guesses = list(index("guess").places(keys))
        self._is_guess = bool(guesses)
        self._is_had = all(index("having").name(keys[start:end]) for start, end in guesses)
        owners = index("owners").places(keys)
        self._is_of_a_day = words.is_day(keys)
        self._owned = next((end for _, end in owners if self._is_thing(end)), None)
        self._is_polite = index("chatter").is_within(keys)
        self._is_mine = index("first_person").is_within(keys) and not self._is_guess

    def is_bound(self, at: int) -> bool:
        """Whether the number there counts, or numbers, what the step does not speak of."""
        return (
            at in self._phrases
            or _NAMED.fullmatch(self._keys[at]) is not None
            or self._is_of_the_lesson(at)
            or self._is_of_a_topic(at)
            or self._is_of_somebody(at)
            or self._is_of_life(at)
        )

    def _is_of_the_lesson(self, at: int) -> bool:
        nouns, keys = index("nouns"), self._keys
        before, behind = nouns.length_before(keys, at), nouns.length_at(keys, at + 1)
        nearby = (*keys[at - before : at], *keys[at + 1 : at + 1 + behind])
        return bool(nearby) and not any(key in self._words.question for key in nearby)

    def _is_of_a_topic(self, at: int) -> bool:
        """The 4th try, or 5 more minutes, please. "4 dogs" may be an answer."""
        if ordinals().name([self._keys[at]]):
            count = index("topics", "units").length_at(self._keys, at + 1)
            return count > 0 and self._is_foreign(at + 1)
        near = self._units.intersection(range(at + 1, at + 1 + _NEAR))
        return self._is_polite and any(map(self._is_foreign, near))

    def _is_of_somebody(self, at: int) -> bool:
        is_age = index("selves").length_before(self._keys, at) > 0
        counted = at + 1 + (self._keys[at + 1 : at + 2] in _MEASURES)
        # Of "3 red pens", red may be of the step.
        thing = counted + self._is_of_the_step(counted)
        return is_age or (self._is_mine and self._is_foreign(thing))

    def _is_of_life(self, at: int) -> bool:
        """My sister is 4, or a day is named. "My friend got 4" may be an answer."""
        if not self._is_had:
            return False
        if self._is_of_a_day:
            return True
        if self._is_guess:  # "I got 10 in my test"
            return self._owned is not None and self._keys[self._owned] in index("topics").single
        subject = self._keys[max(at - _SUBJECT, 0) : at]
        places = index("topics").places(subject)
        return index("equals").length_before(self._keys, at) > 0 and (
            (self._owned is not None and self._owned < at)
            or any(not self._words.all.issuperset(subject[a:b]) for a, b in places)
        )

    def _is_thing(self, at: int) -> bool:
        return self._is_foreign(at) and self._keys[at] not in index("companions").words

    def _is_of_the_step(self, at: int) -> bool:
        return at < len(self._keys) and self._keys[at] in self._words.content

    def _is_foreign(self, at: int) -> bool:
        """Whether the step does not speak of the thing that the word there names."""
        if at >= len(self._keys):
            return False
        key, known = self._keys[at], self._words.all
        return not (key in known or key.removesuffix("s") in known or key in index(*_EMPTY).single)


def _positions(keys: Sequence[str], *kinds: str) -> set[int]:
    """Where words stand in phrases of several words: "one moment"."""
    places = index(*kinds).places(keys)
    return {at for start, end in places if end - start > 1 for at in range(start, end)}


def _numerals(text: str, tokens: Sequence[Token]) -> set[int]:
    """Which words are numbers or ordinals. "One" is none: it may be an article."""
    spans = [
        (mention.start, mention.end)
        for mention in mentioned(text)
        if mention.values != {1} or text[mention.start : mention.end].strip("+-").isdecimal()
    ]
    places = ordinals().places([token.key for token in tokens])
    found = {at for start, end in places for at in range(start, end)}
    return found | {
        at
        for at, token in enumerate(tokens)
        if token.key[0].isdecimal() or any(start <= token.start < end for start, end in spans)
    }
