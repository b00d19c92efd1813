"""Says a message in the words of a step's texts: "every time" is "always", "isn't true" is "false".

What means the same is in the tables ``senses`` of `phrases`, one name for all languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ..phrases import Place, index, keys_of, outside, read, senses, vocabulary
from .spelling import is_form

__all__ = ["OPPOSITES", "in_words_of"]

_KEPT: Final = 500
"""Steps whose senses are kept: those of some dozens of lessons."""
_LONGEST: Final = 200
"""Characters of an answer in words."""
OPPOSITES: Final = {"true": "false", "false": "true", "kept": "lost", "lost": "kept"}
"""Senses of which each is the other one denied."""
_ERROR: Final = "error"
"""Of choices by which Python stops, the name of one error may be called so: "it crashes"."""
_OF_A_RUN: Final = (
    "agents", "agreement", "because", "chatter", "companions", "conjunctions", "everyday",
    "fillers", "finals", "guess", "happening", "hedges", "laughs", "not", "openings", "outcomes",
    "reports", "sequels", "showing", "small", "so", "stopping", "verbs", "wait",
)  # fmt: skip
"""Kinds of words that say what becomes of a program."""
_IDIOMS: Final = ("chatter", "parting", "thanking")
"""Kinds of phrases whose words have no sense of their own: "de nada" is not "nothing"."""
_MOST_BETWEEN: Final = 2
"""Words between a denial and what it denies."""


class _Texts(NamedTuple):
    """The words of a step's texts."""

    words: Mapping[str, str]
    """How they say a sense."""
    rows: tuple[tuple[str, ...], ...]
    """The keys of each text."""

    def have(self, keys: Sequence[str]) -> bool:
        """Whether a text has these words side by side."""
        size = len(keys)
        return any(
            tuple(keys) == row[at : at + size]
            for row in self.rows
            for at in range(len(row) - size + 1)
        )

    def have_form(self, key: str) -> bool:
        """Whether a text has the word in another form."""
        return any(is_form(key, word) for row in self.rows for word in row)


def in_words_of(text: str, texts: Iterable[str], *, are_choices: bool = False) -> str:
    """The text with what the others say in other words replaced by theirs.

    Only of a text of at most 200 characters. Of choices, a sense counts only if all that have it
    say it in the same words; and conjunctions are left out: "when it is true" is "it is true".
    """
    if len(text) > _LONGEST:
        return text
    theirs = _texts_of(tuple(texts), are_choices)
    tokens = read(text)
    keys = [token.key for token in tokens]
    parts, end = list[str](), 0
    for (first, last), words in _changes(keys, theirs, are_choices):
        parts += text[end : tokens[first].start], words
        end = tokens[last - 1].end
    # Chinese words stand side by side, and so may what replaces them.
    return "".join((*parts, text[end:])).strip() if parts else text


def _changes(keys: Sequence[str], theirs: _Texts, drops: bool) -> Iterator[tuple[Place, str]]:
    """What is to be replaced, and by which words."""
    at = 0
    is_of_a_run = _is_of_a_run(keys, theirs)
    while at < len(keys):
        count, words = (
            _idiom(keys, at)
            or _denied(keys, at, theirs)
            or _said(keys, at, theirs, drops)
            or (1, None)
        )
        if words == theirs.words.get(_ERROR) and not is_of_a_run:
            words = None
        if words is not None:
            yield (at, at + count), words
        at += count


def _is_of_a_run(keys: Sequence[str], theirs: _Texts) -> bool:
    """Whether nothing is spoken of but a program that runs: "it crashes with an error", but not
    "can you look at this error"."""
    own = frozenset[str]().union(*theirs.rows)
    places = (*index(*_OF_A_RUN).places(keys), *senses().places(keys))
    told = {at for start, end in places for at in range(start, end)}
    return all(at in told or key in own or key.isdecimal() for at, key in enumerate(keys))


def _idiom(keys: Sequence[str], at: int) -> tuple[int, None] | None:
    """How many words here are a phrase of several words that has no sense of its texts."""
    count = index(*_IDIOMS).length_at(keys, at)
    return (count, None) if count > max(1, senses().length_at(keys, at)) else None


def _said(
    keys: Sequence[str], at: int, theirs: _Texts, drops: bool
) -> tuple[int, str | None] | None:
    """How many words here have a sense, and what the texts say for it, if it is something else."""
    if count := senses().length_at(keys, at):
        phrase = keys[at : at + count]
        known = [sense for sense in _names(phrase) if sense in theirs.words]
        if theirs.have(phrase) or (count == 1 and theirs.have_form(phrase[0])):
            return count, None
        if known:
            return count, theirs.words[known[0]]
    number = str(vocabulary().numbers.get(keys[at], ""))
    if number not in ("", "1") and theirs.have([number]) and not theirs.have([keys[at]]):
        return 1, number
    if drops and (count := index("conjunctions").length_at(keys, at)):
        return (count, None) if theirs.have(keys[at : at + count]) else (count, "")
    return None


def _denied(keys: Sequence[str], at: int, theirs: _Texts) -> tuple[int, str] | None:
    """How many words here deny a sense, and what the texts say for the opposite."""
    denials, small = index("not"), index("small", "not")
    if not denials.length_at(keys, at):
        return None
    for start in range(at + 1, min(at + 2 + _MOST_BETWEEN, len(keys))):
        count = senses().length_at(keys, start)
        for sense in _names(keys[start : start + count]):
            if (opposite := OPPOSITES.get(sense, "")) in theirs.words:
                return start + count - at, theirs.words[opposite]
        if keys[start] not in small.single:
            break
    return None


def _names(keys: Sequence[str]) -> list[str]:
    return [name for name in senses().name(keys).split(",") if name]


@lru_cache(_KEPT)
def _texts_of(texts: tuple[str, ...], must_agree: bool) -> _Texts:
    found = dict[str, dict[tuple[str, ...], str]]()
    for text in texts:
        tokens = read(text)
        keys = [token.key for token in tokens]
        places = list(senses().places(keys))
        for start, end in outside(places, places):
            for name in _names(keys[start:end]):
                slice_ = text[tokens[start].start : tokens[end - 1].end]
                found.setdefault(name, {}).setdefault(tuple(keys[start:end]), slice_)
        is_stop = must_agree and index("stopping", "reports").is_within(keys)
        for token in tokens:
            if is_stop and token.key.endswith(_ERROR) and token.key != _ERROR:
                name = text[token.start : token.end]
                found.setdefault(_ERROR, {}).setdefault((token.key,), name)
    words = {
        name: next(iter(said.values()))
        for name, said in found.items()
        if len(said) == 1 or not must_agree
    }
    return _Texts(words, tuple(tuple(keys_of(text)) for text in texts))
