"""Judges the answer to a question with choices: by letter, by place or by content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from operator import or_
from typing import Final, NamedTuple

from ..normal import words
from ..numbers import between, mentioned
from ..phrases import index, keys_of, vocabulary
from .clauses import (
    assertion,
    chinese_run,
    conclusion,
    find_word,
    is_all_of,
    is_chinese,
    is_empty,
    main_clause,
    prose,
    says,
    starts_with_word,
    without_fillers,
)
from .content import chosen_by_content
from .denial import corrects, denied, denied_behind, first_part, spared
from .senses import in_words_of
from .spelling import is_related
from .verdict import LETTERS, Verdict

__all__ = ["judge_choice"]

_EMOTICON: Final = re.compile(r"(?<!\w)(?:[:;=]['-]?[()DPpOobcC3|/\\*]+|[8B]-[)D]|[xX]D+)(?![\w`])")
_LETTER: Final = re.compile(
    r"(?<![A-Za-z0-9_'\"])(?<!\w-)(?P<open>\(?)(?P<letter>[A-Ha-h])"
    r"(?P<mark>[).:])?(?![A-Za-z0-9_'\"+#]|-\w)"
)

_MOST_LETTERS: Final = 12
_LONGEST_PHRASE: Final = 4
_LONG: Final = 4
"""Letters of a word that tells something of a choice."""
_VERBS: Final = ("is", "it", "it's", "its", "i")


def judge_choice(text: str, choices: Sequence[str], right: str, *, question: str = "") -> Verdict:
    """Whether the text names the choice with the letter ``right``: by letter, place or content.

    A letter is one only beside words of choosing: not in "plan B". A place may stand with a word
    of the question: "the last line".
    """
    text = assertion(_EMOTICON.sub(" ", text).strip())
    clause = main_clause(text)
    for part in dict.fromkeys((clause, text)):
        named = _by_letter(part, choices, question)
        if named.letters or named.denied:
            return _decided(named, right)
    found = _by_place(clause, choices, question, is_told=True)
    # Of "it crashes because of a TypeError", the reason names the choice.
    whole = text if index("outcomes").is_within(keys_of(clause)) else clause
    said = [in_words_of(part, choices, are_choices=True) for part in (clause, whole)]
    for told in dict.fromkeys((*said, clause)):
        for part in filter(None, (conclusion(told), told)):
            if not found and (found := chosen_by_content(part, choices, question)):
                clause = told
    if len(found) > 1 and right not in found:
        return Verdict.WRONG
    if len(found) > 1:
        return Verdict.NONE  # words of several choices
    found = found or _by_place(clause, choices, question, is_told=False)
    if found:
        is_denied = len(found) == 1 and _is_content_denied(clause, min(found), choices)
        return _decided(_Named(set(), found) if is_denied else _Named(found, set()), right)
    core = without_fillers(clause)[-1].strip(" .!?()").upper()
    return Verdict.WRONG if core in tuple(LETTERS) else Verdict.NONE


class _Named(NamedTuple):
    """The letters of the choices that a clause names, and of those that it says are wrong."""

    letters: set[str]
    denied: set[str]


def _decided(named: _Named, right: str) -> Verdict:
    if len(named.letters) > 1:
        return Verdict.TWO
    if named.letters:
        return Verdict.RIGHT if named.letters == {right} else Verdict.WRONG
    return Verdict.WRONG if right in named.denied else Verdict.NONE


def _said_by(choices: Sequence[str]) -> list[str]:
    """The words for "not" that are words of a choice."""
    said = " ".join(choices).casefold()
    return [word for word in vocabulary().words["not"] if find_word(said, word) >= 0]


# --- letters --------------------------------------------------------------------------------------


def _by_letter(clause: str, choices: Sequence[str], question: str) -> _Named:
    """The choices that the clause names by letter. The last one counts of a correction."""
    known = LETTERS[: len(choices)]
    beside = _beside(question)
    core = without_fillers(clause)[-1].strip(" .!?,;:()").casefold()
    found = [
        match
        for match in islice(_LETTER.finditer(clause), _MOST_LETTERS)
        if match["letter"].upper() in known
        and (
            (core == match["letter"].casefold() and not _is_content(clause, match, choices))
            or _is_chosen(clause, match, beside)
        )
    ]
    if not found:
        return _Named(set(), set())
    said = [*_said_by(choices), *spared(question, *choices)]
    places = [match.span() for match in found]
    denials = map(or_, denied(clause, places, but=said), denied_behind(clause, places, but=said))
    stated = [match for match, is_denied in zip(found, denials, strict=True) if not is_denied]
    if len(stated) > 1 and corrects(clause[stated[0].end() : stated[-1].start()]):
        stated = stated[-1:]
    letters = {match["letter"].upper() for match in stated}
    return _Named(letters, {match["letter"].upper() for match in found} - letters)


def _is_content(clause: str, match: re.Match[str], choices: Sequence[str]) -> bool:
    """Whether a small letter stands behind a word of a choice: "it prints d"."""
    said = {word for choice in choices for word in words(choice) if len(word) >= _LONG}
    return match["letter"].islower() and not said.isdisjoint(words(clause[: match.start()]))


def _beside(question: str) -> frozenset[str]:
    """Words that may stand beside the letter of a choice."""
    known = vocabulary().words
    kinds = ("rejections", "instead", "or", "and", "not", "wait", "persons")
    small = frozenset[str]().union(*(known[kind] for kind in kinds))
    return small | known["fillers"] | known["guess"] | (prose(question) - known["companions"])


def _is_chosen(clause: str, match: re.Match[str], beside: frozenset[str]) -> bool:
    """Whether a letter is a choice, and not an article, or a part of a name: "vitamin C"."""
    before, behind = clause[: match.start()], clause[match.end() :]
    is_marked = match["mark"] is not None
    if before[-1:] == "(" or (before[-1:].isalnum() and not is_chinese(before[-1:])):
        return False  # a call: "print(a)"
    if match["mark"] == ")":
        return True
    is_first = without_fillers(f"{before}.")[-1] == "."
    if is_first and (is_marked or behind[:1] == ","):
        return True
    if match["letter"].islower() or not (is_first or _is_neighbour(before, -1, beside)):
        return False
    if match["letter"] == "A" and behind[:1] == " " and words(behind):
        is_inner = before.rstrip()[-1:].isalnum()
        return is_inner or words(behind)[0] in _VERBS or _goes_on(behind)
    return is_marked or _is_neighbour(behind, 0, beside)


def _goes_on(behind: str) -> bool:
    """Whether another letter follows, a denial, or a phrase such as "of course"."""
    lower = behind.casefold().lstrip()
    if any(starts_with_word(lower, kind) for kind in ("or", "and", "not", "wait")):
        return True
    given = words(lower)
    sizes = range(2, _LONGEST_PHRASE + 1)
    return any(" ".join(given[:size]) in vocabulary().words["fillers"] for size in sizes)


def _is_neighbour(text: str, at: int, beside: frozenset[str]) -> bool:
    """Whether the word at this end of the text, if one stands there, is a word of choosing."""
    edge = text.rstrip(" ") if at else text.lstrip(" ")
    if not edge or not edge[at].isalnum():
        return True
    if is_chinese(edge[at]):
        return is_all_of(chinese_run(edge, at), beside)
    given = words(edge)
    phrases = (given[-n:] if at else given[:n] for n in range(1, _LONGEST_PHRASE + 1))
    return any(" ".join(phrase) in beside for phrase in phrases)


def _is_content_denied(clause: str, letter: str, choices: Sequence[str]) -> bool:
    """Whether the clause denies the choice that it names by its words, or what that denies."""
    choice, said = choices[LETTERS.index(letter)], _said_by(choices)
    if says(choice, "not"):
        given = words(clause)
        return not says(clause, "not") and any(is_related(_denied_by(choice), w) for w in given)
    lower = clause.casefold()
    places = [find_word(lower, word) for word in words(choice)]
    first = min((at for at in places if at >= 0), default=0)
    return says(lower[:first], "not", but=said) or says(first_part(lower[first:]), "not", but=said)


def _denied_by(choice: str) -> str:
    """The word of a choice behind its "not"."""
    given, known = words(choice), vocabulary().words["not"]
    at = next((n for n, word in enumerate(given) if word in known), len(given))
    return "".join(given[at + 1 : at + 2])


# --- places ---------------------------------------------------------------------------------------


def _by_place(clause: str, choices: Sequence[str], question: str, *, is_told: bool) -> set[str]:
    """The choice at the place that the clause names: "the last", "number 2", "option two".

    ``is_told``: only a place that is said to be one. A number alone is a place if no choice holds
    numbers.
    """
    found = mentioned(clause)
    rest = between(clause, found)
    known = vocabulary().ordinals
    lower = rest.casefold()
    ordinals = {n for word, n in known.items() if word in lower and find_word(lower, word) >= 0}
    is_marked = "#" in rest or says(rest, "places")
    if is_told and not (ordinals or is_marked):
        return set()
    is_alone = is_all_of(rest, vocabulary().words["guess"] | frozenset(_VERBS))
    beside = prose(question) | known.keys() | vocabulary().words["places"]
    if not (is_alone or ((ordinals or is_marked) and is_empty(rest, beside))):
        return set()
    is_free = is_marked or not any(char.isdecimal() for choice in choices for char in choice)
    numbers = {v - 1 for mention in found for v in mention.values} if is_free else set()
    count = len(choices)
    places = {n % count if n < 0 else n for n in ordinals} or numbers
    return {LETTERS[n] for n in range(count) if n in places}
