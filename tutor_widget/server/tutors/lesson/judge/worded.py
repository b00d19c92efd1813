"""Whether a statement says an answer in words: "the old one gets replaced" is "replaced".

The words of the answer stand in it in their order. All others must be of the question, or pronouns,
articles and the like: a word that is none of these may change the meaning.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache, lru_cache
from typing import Final, NamedTuple

from ..phrases import index, keys_of, vocabulary
from .clauses import CODE_SPAN, is_chinese, prose_of, says
from .senses import in_words_of
from .spelling import is_form, is_misspelt, is_related

__all__ = ["NAMES", "are_words", "is_said", "value_letters"]

_MOST: Final = 14
"""Words of a statement that tell something."""
_LONGEST: Final = 200
"""Characters of it."""
_TEXT: Final = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")
_MOST_LETTERS: Final = 12
"""Different letters of the texts in a question's code; longer texts have nearly all."""
_KEPT: Final = 500
"""Steps whose answers are kept: those of some dozens of lessons."""
_LEAST: Final = 3
"""Letters of an answer in words."""
_ACTS: Final = ("removing", "adding", "making", "showing", "changing", "stopping", "sides")
"""Kinds of words: if the question has one of a kind, a statement may have another."""
_CHANGING: Final = ("contrasts", "not", "or", "and")
"""What changes the meaning though the question has it."""
NAMES: Final = frozenset(
    {*keyword.kwlist, *dir(builtins)}.union(*map(dir, (str, list, dict, set, tuple, bytes, int)))
)
"""Keywords, built-ins and methods."""


_ENDS: Final = ("m", "re", "s", "ll", "d", "ve")
"""What is left of an auxiliary behind its pronoun: "they're", "youve"."""
_NOT: Final = "not"
_BY: Final = "\u88ab"
"""In Chinese, who does something stands between this and the verb."""
_CHAT: Final = frozenset({"u", "r"})
"""You, are."""


class _Answers(NamedTuple):
    """The accepted answers, and what may stand beside them."""

    told: tuple[tuple[str, ...], ...]
    """Of each answer the words that tell something."""
    known: frozenset[str]
    """The words of the question, and their relatives."""
    behind: frozenset[str]
    """What may stand behind an answer, too: numbers of the question, words of other answers. So
    "replaced by 3", but not "3 is replaced"."""
    negative: bool
    is_lack: bool
    """Whether it is asked what is missing: then "you forgot it" says so."""


def is_said(clause: str, accepted: Sequence[str], question: str) -> bool:
    """Whether the clause says one of the accepted answers, if they are words and not code."""
    answers = _answers(tuple(accepted), question)
    if not answers.told or len(clause) > _LONGEST:
        return False
    clause = in_words_of(clause, accepted)
    if says(clause, "not") and not answers.negative:
        return False
    keys = _without_joints(_plain(keys_of(clause)))
    keys = keys[: len(keys) - index("finals").length_before(keys, len(keys))]
    return any(
        _is_said_in(part, answers) and all(_is_beside(key, True, answers, set()) for key in rest)
        for part, rest in _with_sequel(keys)
    )


def _is_said_in(keys: Sequence[str], answers: _Answers) -> bool:
    is_short = 0 < len([key for key in keys if key not in _small()]) <= _MOST
    return is_short and any(_is_told(keys, told, answers) for told in answers.told)


def _plain(keys: Sequence[str]) -> list[str]:
    """The keys with one word for all denials: "isn't" is "not"."""
    return [_NOT if key in index("not").single else key for key in keys]


def _with_sequel(keys: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """All of the keys, and those before "and" with what follows: "and the 3 is there instead"."""
    yield keys, ()
    joints = (at for at, key in enumerate(keys) if key in index("and").single)
    if at := next(joints, 0):
        yield keys[:at], keys[at + 1 :]


@lru_cache(_KEPT)
def _answers(accepted: tuple[str, ...], question: str) -> _Answers:
    if not are_words(accepted, question):
        return _Answers((), frozenset(), frozenset(), negative=False, is_lack=False)
    told = [tuple(k for k in _plain(keys_of(answer)) if k not in _small()) for answer in accepted]
    asked = keys_of(prose_of(question))
    kinds = (index(kind) for kind in _ACTS if index(kind).is_within(asked))
    named = (key for key in keys_of(question) if key.isalpha())
    known = frozenset(asked).union(named, *(kind.words for kind in kinds)) - index(*_CHANGING).words
    return _Answers(
        tuple(row for row in dict.fromkeys(told) if _tells(row)),
        known,
        frozenset(key for key in keys_of(question) if key.isdecimal()).union(*told),
        any(says(answer, "not") for answer in accepted),
        index("lacking").is_within(asked),
    )


def _tells(row: Sequence[str]) -> bool:
    """Whether the words are no mere letters. A word of Chinese has two characters."""
    return len("".join(row)) >= (2 if is_chinese("".join(row)) else _LEAST)


def are_words(accepted: Sequence[str], question: str) -> bool:
    """Whether the answers are words: none has signs of code, and not all are names. Signs alone
    may be among them: ":" beside "a colon"."""
    accepted = [answer for answer in accepted if any(map(str.isalnum, answer))]
    if not accepted or not all(
        answer.replace(" ", "").replace("'", "").isalnum() for answer in accepted
    ):
        return False
    if any(word[1:] != word[1:].lower() for answer in accepted for word in answer.split()):
        return False  # "ValueError"
    if value_letters(accepted, question):
        return False
    names = NAMES.union(keys_of(_code_of(question)))
    single = {answer.casefold() for answer in accepted if answer.isidentifier()}
    if not single.isdisjoint(map(str.casefold, keyword.kwlist)):
        return False
    telling = set(keys_of(" ".join(accepted))) - _small() - index("companions").single.keys()
    return not single or not telling <= names


def value_letters(accepted: Sequence[str], question: str) -> str:
    """The texts in the question's code, if an answer has no other letters; or "".

    The answer is a value then: no other form of the word is one.
    """
    texts = "".join(one or other for one, other in _TEXT.findall(_code_of(question))).casefold()
    letters = set(filter(str.isalpha, texts))
    is_made = any(one.isalpha() and letters.issuperset(one.casefold()) for one in accepted)
    return texts if is_made and len(letters) <= _MOST_LETTERS else ""


def _code_of(question: str) -> str:
    return " ".join((*question.split("```")[1::2], *CODE_SPAN.findall(question)))


def _is_told(keys: Sequence[str], told: Sequence[str], answers: _Answers) -> bool:
    """Whether these words stand among the keys in their order, and the others say nothing."""
    fuller = {word for row in answers.told if _holds(row, told) for word in row if word.isalpha()}
    return any(
        (rest := _rest(spelt, told)) is not None
        # "It is not" and another answer deny that answer.
        and all(_is_beside(key, at and _NOT not in told, answers, fuller) for key, at in rest)
        for spelt in _joined(keys)
    )


def _rest(keys: Sequence[str], told: Sequence[str]) -> list[tuple[str, bool]] | None:
    """The other keys, each with whether it stands behind the first of the words; None if a word
    is missing."""
    rest: list[tuple[str, bool]] = []
    at, is_active = 0, False
    empty = _empty_places(keys)
    for place, key in enumerate(keys):
        is_done = _is_done_to_it(keys, place, told[at]) if at < len(told) else False
        if at < len(told) and (is_done or _is_same(key, told[at])):
            at, is_active = at + 1, is_active or is_done
        elif place not in empty:
            rest.append((key, at > 0 or _BY in keys[:place]))
    # Of "the 3 replaces it", what replaces stands before.
    rest = [(key, is_behind != is_active) for key, is_behind in rest]
    return rest if at == len(told) else None


def _empty_places(keys: Sequence[str]) -> set[int]:
    """Where the characters of Chinese words stand that say nothing. Other words are looked up."""
    places = index("small", "fillers", "companions", "conjunctions", "sides", "agents").places(keys)
    return {at for start, end in places if is_chinese(keys[start]) for at in range(start, end)}


def _is_done_to_it(keys: Sequence[str], at: int, word: str) -> bool:
    """Whether somebody does there what is done by the answer: "deletes it" for "deleted"."""
    if keys[at].endswith("ed") or not (word.endswith("ed") and is_related(keys[at], word)):
        return False
    is_clitic = at > 0 and keys[at - 1] in index("clitics").single
    return is_clitic or index("objects").length_at(keys, at + 1) > 0


def _is_beside(key: str, is_behind: bool, answers: _Answers, fuller: Set[str]) -> bool:
    """Whether a word beside the answer's may be any: a small one, one of the question, or one of a
    fuller answer."""
    number = str(vocabulary().numbers.get(key, key))
    if key in _small() or key in _light() or number in answers.known:
        return True
    if answers.is_lack and key in index("lacking").single:
        return True
    if is_behind and (number in answers.behind or key in index("sequels").single):
        return True
    if key in index(*_CHANGING).single:
        return False
    return any(is_related(key, word) for word in (*answers.known, *fuller))


def _holds(row: Sequence[str], told: Sequence[str]) -> bool:
    return all(any(is_form(one, word) for one in row) for word in told)


def _without_joints(keys: Sequence[str]) -> list[str]:
    """The keys without "and" between two sides: "at the start and the end"."""
    sides, joints = index("sides").single, index("and").single
    rest = list[str]()
    side_behind = False
    for at, key in reversed([*enumerate(keys)]):
        before = next(iter(keys[at - 1 : at]), "")
        if not (key in joints and side_behind and before in sides):
            rest.append(key)
        side_behind = key in sides or (side_behind and key in _small())
    return rest[::-1]


def _is_same(key: str, word: str) -> bool:
    makes = index("making").single
    if is_form(key, word) or (key in makes and word in makes):
        return True
    return word not in NAMES and is_misspelt(key.removesuffix("s"), word.removesuffix("s"))


def _joined(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """The keys, and with a particle at the end before each word: "legt sie an" is "anlegt sie"."""
    yield keys
    if keys[-1] in index("particles").single:
        for at, key in enumerate(keys[:-1]):
            if key not in _small():
                yield [*keys[:at], keys[-1] + key, *keys[at + 1 : -1]]


@cache
def _small() -> frozenset[str]:
    """Pronouns, articles, auxiliaries, prepositions; also in one word: "they're"."""
    contracted = {f"{one}{end}" for one in index("persons", "anaphors").single for end in _ENDS}
    return frozenset(index("small").single) | contracted | _CHAT


@cache
def _light() -> frozenset[str]:
    """Words such as "maybe", without those such as "prints"."""
    return frozenset(_without(index("fillers").single, index("equals", *_ACTS).words))


def _without(words: Iterable[str], others: Set[str]) -> Iterator[str]:
    return (word for word in words if word not in others)
