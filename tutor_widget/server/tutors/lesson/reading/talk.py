"""What is talk: said to the tutor, and not meant as an answer.

Learners greet, sigh, complain and tell things. The words for it are in ``phrases``; the rest is
structure: who is spoken of, which words the step has, and what is left without asides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from ..code import is_code
from ..judge import conclusion, in_words_of, without_fillers
from ..numbers import mentioned
from ..phrases import index, keys_of, ordinals, outside
from ..steps import Step
from .asides import ASIDES, behind, clauses, core, without_asides, without_reason
from .step_words import StepWords

__all__ = ["Said"]

_EVERYDAY: Final = (
    *ASIDES, "agreement", "asks", "common", "everyday", "nouns", "persons", "polite", "question",
    "talk", "topics", "units", "unknown",
)  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z]_[A-Za-z]|[a-z][A-Z]")
"""How names in code are written: `my_list`, `KeyError`."""
_ERROR: Final = "error"
_SIGNS: Final = frozenset('()[]{}=<>+*/%"`')
"""Some English is Python, too: "not sure". With such a sign it is meant as code."""
_MOST_BARE: Final = 4
"""Words of an answer that stands alone."""
_LEAST_OPINION: Final = 3
_MOST_FOREIGN: Final = 2
"""Words about something else that make a sentence with a number talk."""
_ACTS: Final = ("removing", "adding", "making", "showing", "changing", "stopping")
_LEAST_PROSE: Final = 4
"""Words of a sentence that is no guess, at a step that asks for a name."""


class Said:
    """A cleaned message (`normal.clean`) at a step, as it is looked through for talk."""

    def __init__(self, text: str, step: Step) -> None:
        self.text = text
        self._step = step
        self._words = StepWords(step)
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

    @property
    def is_small_talk(self) -> bool:
        """Whether it is a phrase such as "i get it", though a word of that is the answer."""
        places = index("chatter").places(self._keys)
        is_phrase = any(end - start > 1 for start, end in places)
        is_whole = index("chatter", "openings").covers(self._keys)
        return is_phrase and is_whole and not self._words.asks_agreement

    def is_answer(self) -> bool:
        """Whether it, or a part of it, is an answer that stands alone, be it right or wrong."""
        return any(map(self._is_bare, self._parts))

    def is_guess(self) -> bool:
        """Whether a text without a number or choice is an answer all the same: "nothing"."""
        is_agreed = self._words.asks_agreement and self._is_agreement()
        return is_agreed or any(map(self._is_outcome, self._parts))

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
            self._is_of_persons()
            or self._is_of_the_lesson()
            or self._is_asked()
            or self._is_opinion()
            or self._is_of_another_thing()
            or self._is_prose()
        )

    # --- answers ----------------------------------------------------------------------------------

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
        if told != part and _SIGNS & set(told) and is_code(told):
            return True
        if _SIGNS & set(part) and not index(*_EVERYDAY).covers(rest) and is_code(part):
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
        """Whether a word has the form of the answers: an error's name, a number, a letter."""
        if not self._is_text or len(keys) != 1:
            return False
        (key,) = keys
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
        return count > 0 and told != [] and index(*_ACTS, "happening").covers(told)

    def _is_whole(self, keys: Sequence[str]) -> bool:
        """Whether it is an answer or a wrong choice in full, behind words such as "it is"."""
        return any(map(self._words.has_whole, self._tails(keys)))

    def _tails(self, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """All of the words, and what is left without some of those that may stand before it."""
        asides = len(keys) - len(behind(keys, *ASIDES))
        return (tuple(keys[start:]) for start in range(asides + 1))

    def _core(self, keys: Sequence[str]) -> Sequence[str]:
        return core(keys, self._words.kept)

    # --- talk -------------------------------------------------------------------------------------

    def _tells(self, keys: Sequence[str], *kinds: str) -> bool:
        """Whether there is a phrase of these kinds that is not made of the step's answers."""
        places, own = index(*kinds).places(keys), self._words.own
        return any(not own.issuperset(keys[start:end]) for start, end in places)

    def _is_agreement(self) -> bool:
        """Whether it is yes or no."""
        known = index("agreement", "chatter")
        return known.covers(self._keys) and index("agreement").is_within(self._keys)

    def _is_everyday(self) -> bool:
        """Whether nothing but everyday words is said, and one of them tells something."""
        rest = self._core(self._keys)
        if not rest:
            return not self._sign and not self._is_word()
        rest = [key for key in rest if not key.isdecimal()] or rest
        if not index(*_EVERYDAY).covers(rest):
            return False
        is_foreign = len(self._keys) > 1 and self._words.all.isdisjoint(rest)
        telling = ("topics", "units") if is_foreign else ()
        return self._tells(rest, "chatter", "everyday", *telling)

    def _is_word(self) -> bool:
        """Whether it is one word that says nothing: a guess, where a name is asked for."""
        is_said = index("agreement", "chatter", "openings", "unsure").covers(self._keys)
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
        if index("guess", "outcomes", *_ACTS).is_within(self._keys):
            return False
        if self._words.asks_name:
            said = self._words.question - self._words.own
            is_stated = index("asks", "equals").length_at(rest, 1) > 0
            return is_stated and any(key not in said for key in self._telling(rest[1:]))
        return len(self._foreign) > 1 and self._words.content.isdisjoint(rest)

    @cached_property
    def _foreign(self) -> list[str]:
        """The words that tell something and are not of the step."""
        known, rated = self._words.all, index("opinions", "companions", "operators", "so", *_ACTS)
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
        return _SIGNS.isdisjoint(self.text) and own.isdisjoint(self._keys)
