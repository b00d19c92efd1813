"""Whether a text tells the right one of several choices. Pure.

By its letter, by its words, or by denying all others. A text that names all choices, or several
without denying any, tells nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ....lesson.judge import LETTERS, OPPOSITES
from ....lesson.normal import clean, tidy, words
from ....lesson.phrases import keys_of, senses, vocabulary
from ....lesson.steps import Step
from ..words import ANSWERS, VERDICTS

__all__ = ["Choice", "Elimination"]

_LETTER: Final = re.compile(r"(?<![A-Za-z0-9_'’.\-])(?P<letter>[A-H])(?![A-Za-z0-9_'’\-+#])")
_NAME: Final = re.compile(r"[A-Z][a-z]+[A-Z]\w*|\w+_\w+")
_MARKED_A: Final = re.compile(r"(?<!\w)\(?[`\"'*]?A(?:[).:`\"'*,]|\Z)|\bnot A\b|nicht A\b")
_CONTRAST: Final = re.compile(
    r"\b(?:but|sondern|sino|mais|rather|instead|hence|so)\b|[;:,]\s|而是|——?|-{2}", re.IGNORECASE
)
_SURE: Final = frozenset(("without", "doubt", "no", "ohne", "sin", "sans", "never"))
"""In "no doubt", "without any doubt" they deny nothing."""
_PART: Final = re.compile(r"[,;:()]+|-{2,}")
_ANY: Final = frozenset(("any", "anything", "irgendetwas", "irgendwas"))
_WORD: Final = re.compile(r"\w+")
_LEAST_SPELT: Final = 4
_STEM: Final = 4
_FORM: Final = 3
"""First letters that all forms of a word have in common."""
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
        self._content = {letter: _stems(form) for letter, form in self._forms.items()}
        self._own = {n: content - self._stems_of_others(n) for n, content in self._content.items()}
        self._asked = _stems(step.question.casefold())
        self._phrases = {n: tuple(self._phrases_of(n, step.question)) for n in self._letters}
        names = _NAME.findall(step.choices[self._letters.index(self._right)])
        rest = " ".join(form for n, form in self._forms.items() if n != self._right)
        self._names = frozenset(
            n for n in names if n.casefold() not in rest and n not in step.question
        )

        known = vocabulary().words
        self._void = (
            known["outcomes"].intersection(words(self._forms[self._right])).difference(words(rest))
        )
        self._near = _near(step, self._letters.index(self._right))
        denials = known["not"] | known["rejections"]
        self._denials = denials.difference(words(" ".join(step.choices)), _SURE)

    def is_even(self, text: str) -> bool:
        """Whether it names all choices, or several and denies none, and calls none right."""
        named, letters = self.named(text), Counter(_LETTER.findall(text))
        if _is_question(text) and len(named | self._touched(text)) == len(self._letters):
            return True
        if len(set(letters.values())) > 1 or _is_verdict(text):
            return False
        return len(named) == len(self._letters) or (len(named) > 1 and not self._denies(text))

    def _touched(self, text: str) -> set[str]:
        """The letters of the choices of which the text has a word that no other one has."""
        given = _stems(tidy(clean(text)).casefold())
        return {letter for letter, own in self._own.items() if not own.isdisjoint(given)}

    def is_of_another(self, text: str) -> bool:
        """Whether the text is a part of another choice: the `d` of "It prints `d`"."""
        form = tidy(clean(text)).casefold()
        return any(form in other for letter, other in self._forms.items() if letter != self._right)

    def is_related(self, text: str) -> bool:
        """Whether the judge may find the right choice in it.

        That needs its letter, a number, its place, or a word of it in some form or of its sense.
        """
        keys = keys_of(clean(text))
        return any(key[:_FORM] in self._near or key.isdecimal() for key in keys)

    def named(self, text: str) -> set[str]:
        """The letters of the choices that the text names, by letter or in their words."""
        found = {match["letter"] for match in _LETTER.finditer(text)} & set(self._letters)
        if found and (found != {"A"} or _MARKED_A.search(text)):
            return found
        whole = tidy(clean(text)).casefold()
        if said := [letter for letter in self._letters if self._is_quoted(letter, whole)]:
            forms = [self._forms[letter] for letter in said]
            return {n for n, form in zip(said, forms, strict=True) if not _is_inside(form, forms)}
        given = _stems(whole)
        return {letter for letter in self._letters if self._is_said(letter, given)}

    def _stems_of_others(self, letter: str) -> frozenset[str]:
        rest = (content for n, content in self._content.items() if n != letter)
        return frozenset[str]().union(*rest)

    def _phrases_of(self, letter: str, question: str) -> Iterator[str]:
        """A choice of several words, and those of its clauses that only it has."""
        form, asked = self._forms[letter], tidy(clean(question)).casefold()
        rest = [other for n, other in self._forms.items() if n != letter]
        if len(words(form)) > 1:
            yield form
        for part in _PART.split(form):
            if part != form and _says_enough(part) and not any(part in o for o in (*rest, asked)):
                yield part

    def _is_quoted(self, letter: str, whole: str) -> bool:
        return any(phrase in whole for phrase in self._phrases[letter])

    def _is_said(self, letter: str, given: frozenset[str]) -> bool:
        """Whether all words of the choice stand in it, in any order; of one word that tells it."""
        content = self._content[letter]
        is_telling = len(content) > 1 or (
            content == self._own[letter] and content.isdisjoint(self._asked)
        )
        return bool(content) and is_telling and content <= given

    def is_told(self, text: str) -> bool:
        """Whether the text tells the right one: names it alone, or behind those that it denies."""
        if self._is_named_alone(text) or self._is_void_told(text):
            return True
        parts = [part for part in _CONTRAST.split(text) if not self._denies(part)]
        return self._denies(text) and any(map(self._is_named_alone, parts))

    def _is_void_told(self, text: str) -> bool:
        """Whether it says in other words that nothing happens, where that is the right choice."""
        given, known = (
            frozenset(words(text.replace("'", " "))).union(words(text)),
            vocabulary().words,
        )
        if not self._void or _is_question(text):
            return False
        is_void = not self._void.isdisjoint(given) or (
            not _ANY.isdisjoint(given) and not self._denials.isdisjoint(given)
        )
        return is_void and not given.isdisjoint(known["showing"] | known["happening"])

    def _is_named_alone(self, text: str) -> bool:
        named = self.named(text)
        if self.is_told_by_name(text) and not named - {self._right}:
            return not _is_question(text)
        return named == {self._right} and not self._denies(text)

    def is_told_by_name(self, text: str) -> bool:
        """Whether the text has a name that only the right choice has."""
        return not self._names.isdisjoint(_WORD.findall(text))

    def is_spelt(self, letters: str) -> bool:
        """Whether letters that were put together have the words of the right choice."""
        core = "".join(char for char in self._forms[self._right] if char.isalnum())
        names = (name.casefold() for name in self._names)
        return any(len(form) >= _LEAST_SPELT and form in letters for form in (core, *names))

    def denied(self, text: str) -> set[str]:
        """The choices that the text says are wrong."""
        return self.named(text) if self._denies(text) else set()

    def is_left_by(self, said: set[str]) -> bool:
        """Whether the right choice is the only one that is not among these."""
        return set(self._letters) - said == {self._right}

    def _denies(self, text: str) -> bool:
        """Whether it says "not" or "wrong", in words that no choice has, close to the right one."""
        given = words(text)
        return any(word in self._denials for word in given)


class Elimination:
    """What a reply has said of the choices so far: the right one may be all that is left."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._denied: set[str] = set()
        self._discussed: set[str] = set()

    def take(self, text: str) -> bool:
        """Whether all but the right choice are denied; or discussed, and several of them denied."""
        self._denied |= self._choice.denied(text)
        if not _is_question(text):
            self._discussed |= self._choice.named(text)
        if self._choice.is_left_by(self._denied):
            return True
        return len(self._denied) > 1 and self._choice.is_left_by(self._discussed)


def _says_enough(part: str) -> bool:
    """Whether a clause of a choice says something by itself, and more than a place."""
    given = [word for word in words(part) if word not in vocabulary().ordinals]
    content = set(given) - vocabulary().words["small"]
    is_long = any(len(word) >= (3 if word > "\u3000" else 8) for word in content)
    return is_long or (len(given) > 1 and len(content) > 0)


def _near(step: Step, at: int) -> frozenset[str]:
    """The first letters of all words by which the judge may know the choice at this place."""
    keys, known = keys_of(step.choices[at]), vocabulary()
    meant = {name for a, b in senses().places(keys) for name in senses().name(keys[a:b]).split(",")}
    meant |= {OPPOSITES[name] for name in meant & OPPOSITES.keys()}
    # The judge knows the name of an error by "it crashes", too.
    meant |= {"error"} if any(key.endswith("error") for key in keys) else set()
    alike = (p for p, named in senses().phrases() if not meant.isdisjoint(named.split(",")))
    places = (word for word, n in known.ordinals.items() if n in (at, at - len(step.choices)))
    void = known.words["small"] | known.words["fillers"]
    own = [key for key in keys if key not in void] or keys
    numbers = (word for word, n in known.numbers.items() if n == at + 1 or str(n) in own)
    # Of a phrase of several words its longest one is enough.
    phrases = (*alike, *map(keys_of, places), *map(keys_of, numbers))
    found = (*own, *(max(phrase, key=len) for phrase in phrases), step.correct.casefold())
    return frozenset(key[:_FORM] for key in found)


def _is_inside(form: str, forms: Sequence[str]) -> bool:
    """Whether the form is a part of another one."""
    return any(form != other and form in other for other in forms)


def _is_question(text: str) -> bool:
    return text.rstrip(" \n`*\"')").endswith(("?", "？"))


def _is_verdict(text: str) -> bool:
    return not _is_question(text) and not (VERDICTS | ANSWERS).isdisjoint(words(text))


def _stems(text: str) -> frozenset[str]:
    small = vocabulary().words["small"] | {"the", "first"}
    return frozenset(w[:_STEM] for w in words(text) if len(w) >= _LONG and w not in small)
