"""The words of a step: those that an answer may have, and all that its author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property, lru_cache
from keyword import iskeyword
from typing import Final

from ..code import is_code
from ..judge import LETTERS, are_words, value_letters, without_fillers
from ..phrases import Index, Place, index, keys_of, suggestions
from ..steps import Step

__all__ = ["StepWords", "words_of"]

_KEPT: Final = 500
"""Steps whose words are kept: those of some dozens of lessons."""
_CONSTANTS: Final = ("None", "True", "False")
_CODE: Final = re.compile(r"```(?:\w*\n)?(.*?)```|`([^`\n]+)`", re.DOTALL)


class StepWords:
    """The words of a step, as `phrases.read` gives their keys."""

    def __init__(self, step: Step) -> None:
        mistakes = [answer for mistake in step.mistakes for answer in mistake.answers]
        self._given = (*step.answers, *mistakes)
        self._step = step

    @cached_property
    def answers(self) -> frozenset[str]:
        """Those of `own` that say something."""
        return self._telling(self.own)

    @cached_property
    def own(self) -> frozenset[str]:
        """Words of right and wrong answers, of choices and of the question's code."""
        return self.names | self.of_choices

    def is_in_a_choice(self, keys: Sequence[str]) -> bool:
        """Whether a choice has these words side by side."""
        part = f" {' '.join(keys)} "
        return any(part in f" {' '.join(keys_of(choice))} " for choice in self._step.choices)

    @cached_property
    def of_choices(self) -> frozenset[str]:
        """Words of the choices."""
        return _keys(self._step.choices)

    @cached_property
    def kept(self) -> frozenset[str]:
        """Words that belong to an answer wherever they stand, though they may be small talk: those
        of answers and choices that say something, answers of one word, and the choices' letters."""
        given = _keys((*self._given, *self._step.choices))
        single = (keys[0] for keys in self._wholes if len(keys) == 1)
        return given.difference(self.empty).union(single, self.letters)

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters of the choices."""
        return frozenset(LETTERS[: len(self._step.choices)].casefold())

    @cached_property
    def question(self) -> frozenset[str]:
        """The words of the question."""
        return _keys((self._step.question, *self._step.choices))

    @cached_property
    def all(self) -> frozenset[str]:
        """The words of all that the author wrote."""
        step = self._step
        says = [mistake.say for mistake in step.mistakes]
        texts = (step.question, step.also, step.example, step.explanation, *step.hints, *says)
        return _keys((*texts, *self._given, *step.choices))

    @cached_property
    def content(self) -> frozenset[str]:
        """Those of `all` that say something."""
        return self._telling(self.all)

    def has_whole(self, keys: Sequence[str]) -> bool:
        """Whether the words are an answer or a wrong choice in full, or a keyword, if one is asked
        for."""
        return bool(keys) and (tuple(keys) in self._wholes or self._is_keyword(keys))

    def is_day(self, keys: Sequence[str]) -> bool:
        """Whether it says when something happens in life, of which the step does not speak:
        "yesterday", "last winter"."""
        known, moments, seasons = index("days"), index("moments"), index("seasons")
        places = [*known.places(keys), *_pairs(keys, moments, seasons)]
        places += _pairs(keys, seasons, moments)  # "l'année dernière"
        return any(not self.all.issuperset(keys[start:end]) for start, end in places)

    def is_rival(self, text: str) -> bool:
        """Whether a word that is a command, too, is a guess here.

        It is where a name is asked for, if the word is in the step's answers or code, or is a
        keyword as an answer is, also behind "it should be"; but a suggestion's text stays the
        command that it is.
        """
        keys = keys_of(text)
        is_polite = index("chatter", "thanking").is_within(keys)
        core = keys_of(without_fillers(text)[-1])
        is_told = tuple(core) in self.rights and not is_polite
        if is_told or index("anaphors", "guess").length_at(keys):
            keys = core
        if len(keys) != 1 or not self.asks_name or suggestions().name(keys):
            return False
        return keys[0] in self.names or self._is_keyword(keys)

    @property
    def empty(self) -> Set[str]:
        """The words that say nothing, in any step."""
        return index("fillers", "common", "persons", "asks", "polite").single.keys()

    def sign(self, text: str) -> str:
        """The sign that the text begins or ends with, if it is code or one of the answers: "I think
        it's []"; or ""."""
        signs = {answer for answer in self._given if not keys_of(answer)}
        ends = (text.rpartition(" ")[2], text.partition(" ")[0])
        return next(
            (end for end in ends if not keys_of(end) and (end in signs or is_code(end))), ""
        )

    @cached_property
    def asks_name(self) -> bool:
        """Whether the answer is a name or code, and not words."""
        if are_words(self._step.answers, self._step.question):
            return False
        solution = self._step.answers[0] if self._step.answers else ""
        return solution.isidentifier() or is_code(solution)

    def is_value(self, key: str) -> bool:
        """Whether a word may be a part of a text, where one is asked for: "et" of "planet"."""
        return len(key) > 1 and key in value_letters(self._step.answers, self._step.question)

    @cached_property
    def asks_code(self) -> bool:
        """Whether the answer is code with signs, and no mere name."""
        return self.asks_name and not self._step.answers[0].isidentifier()

    @cached_property
    def variables(self) -> frozenset[str]:
        """The names in the answers; words such as "or" are none."""
        keys = _keys(self._step.answers)
        return frozenset(key for key in keys if key.isidentifier() and not iskeyword(key))

    @cached_property
    def have_numbers(self) -> bool:
        """Whether a right answer of a text has a number."""
        return any(key.isdecimal() for answer in self._step.answers for key in keys_of(answer))

    @cached_property
    def are_letters(self) -> bool:
        """Whether a right answer is one letter."""
        return any(len(answer) == 1 and answer.isalpha() for answer in self._step.answers)

    @cached_property
    def asks_agreement(self) -> bool:
        """Whether an answer is a kind of yes or no."""
        texts = (*self._step.answers, *self._step.choices)
        return any(index("agreement").name(keys_of(text)) for text in texts)

    def _telling(self, keys: Set[str]) -> frozenset[str]:
        """Of Chinese, single characters tell nothing."""
        return frozenset(key for key in keys - self.empty if key < "\u4e00")

    @cached_property
    def code(self) -> frozenset[str]:
        """The words of the question's code."""
        return _keys(block or span for block, span in _CODE.findall(self._step.question))

    @cached_property
    def names(self) -> frozenset[str]:
        """Words of right and wrong answers, and of the question's code."""
        return _keys(self._given) | self.code

    @cached_property
    def rights(self) -> frozenset[tuple[str, ...]]:
        """The right answers, and the right choice."""
        step = self._step
        right = [step.choices[LETTERS.index(step.correct)]] if step.choices else step.answers
        return _rows(right)

    @cached_property
    def _wholes(self) -> frozenset[tuple[str, ...]]:
        choices = _rows(self._step.choices) - self.rights
        return _rows(self._given) | choices

    def _is_keyword(self, keys: Sequence[str]) -> bool:
        """Whether it is a keyword, where the answer is one. The constants are values."""
        return (
            len(keys) == 1
            and iskeyword(keys[0])
            and any(iskeyword(a) and a not in _CONSTANTS for a in self._step.answers)
        )


@lru_cache(_KEPT)
def words_of(step: Step) -> StepWords:
    """The words of the step. They are found once, since every message needs them."""
    return StepWords(step)


def _pairs(keys: Sequence[str], firsts: Index, seconds: Index) -> Iterator[Place]:
    """Where a phrase of the one kind stands before one of the other."""
    for start, middle in firsts.places(keys):
        if count := seconds.length_at(keys, middle):
            yield start, middle + count


def _rows(texts: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(keys_of(text)) for text in texts)


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(key for text in texts for key in keys_of(text))
