"""Judges the answer to a question for words or for code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from ..code import is_code, is_constant, is_python, same_code
from ..normal import clean, tidy, words
from ..numbers import between, mentioned
from ..phrases import vocabulary
from .clauses import (
    assertion,
    ends_with_word,
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
from .denial import denied
from .guesses import are_guesses
from .readings import readings, unquoted
from .verdict import Verdict
from .worded import is_said

__all__ = ["judge_text"]

_CALL: Final = re.compile(r"(?:\w{1,40}\.|\.)?(\w+)(?:\([^()]*\))?")
"""A name, also as a method or a call."""
_LISTED: Final = re.compile(r",(?=[^\W\d_])")
_OTHER_SIGNS: Final = frozenset("[](){}<>+-*/=")
"""Beside the numbers of a row, they make something else of it."""
_OPENING: Final = ("[", "(", "{")
_BRACKETS: Final = frozenset("([{'\"`")
"""With one, it is code that has the comma, or a text."""
_HUMPS: Final = re.compile(r"(?:[A-Z][a-z]+){2,}")
"""A name such as `TypeError`, whose words may be written apart."""
_MOST_WORDS: Final = 12
"""Of a sentence that holds an answer."""
_MOST_PLACES: Final = 4
_MOST_DIGITS: Final = 40
_RIVALS: Final = frozenset({*keyword.kwlist, "do", "until", "repeat", "switch", "elseif"})
"""Beside a keyword, these words of the question are another answer: "do while"."""


def judge_text(
    text: str,
    accepted: Sequence[str],
    *,
    case: bool = False,
    question: str = "",
    cases: Sequence[Mapping[str, Any]] = (),
) -> Verdict:
    """Whether the text gives one of the accepted answers. ``case``: upper and lower case differ.

    ``cases``: see `code.same_code`; they are those of the first accepted answer. WRONG also where
    the text is no answer at all: only the reader of the message can tell. TWO: a list of guesses.
    """
    text = _LISTED.sub(", ", assertion(text)) if _BRACKETS.isdisjoint(text) else assertion(text)
    verdict = _judged(text, accepted, case, question, cases)
    if verdict is Verdict.RIGHT and are_guesses(text, partial(_is_one, accepted, case)):
        whole = tidy(text)
        return verdict if _is_one(accepted, case, whole) else Verdict.TWO
    return verdict


def _is_one(accepted: Sequence[str], case: bool, part: str) -> bool:
    """Whether the part is an accepted answer as it stands, or behind its fillers."""
    core = tidy(without_fillers(part)[-1])
    return any(
        _is_same(core, tidy(clean(right)), case) or same_code(core, right) for right in accepted
    )


def _judged(
    text: str,
    accepted: Sequence[str],
    case: bool,
    question: str,
    cases: Sequence[Mapping[str, Any]],
) -> Verdict:
    found = readings(text, question)
    bare = [*found, *unquoted(found)]
    clause = " ".join(main_clause(text).split())
    for right in map(tidy, map(clean, accepted)):
        # In quotes, a value is a text: "None" is not None.
        given = found if is_constant(right) else bare
        if any(_is_same(tidy(reading), right, case) for reading in given):
            return Verdict.RIGHT
        if keyword.iskeyword(right) and _begins_with(right, clause):
            return Verdict.RIGHT
        if _is_row(clause, right, question) or _is_held(clause, right, question, case):
            return Verdict.RIGHT
    if not case and not cases and is_said(clause, accepted, question):
        return Verdict.RIGHT
    codes = [right for right in accepted if is_code(right)]
    given = list(filter(is_python, bare)) if codes else []
    for code in codes:
        known = cases if code == accepted[0] else ()
        if any(_is_code_right(reading, code, known) for reading in given):
            return Verdict.RIGHT
    return Verdict.WRONG


def _begins_with(word: str, clause: str) -> bool:
    """Whether it is code that begins with this keyword: "import random"."""
    core = without_fillers(clause)[-1].strip("`")
    return core.startswith(f"{word} ") and is_python(core) and not is_constant(word)


def _is_code_right(given: str, code: str, cases: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it is the same code. "One or the other" may be so by value, if it names the right
    one among others."""
    if not same_code(given, code, cases):
        return False
    parts = given.split(" or ")
    return len(parts) == 1 or not any(same_code(part, code, cases) for part in parts)


def _is_same(given: str, right: str, case: bool) -> bool:
    if _are_equal(given, right, case):
        return True
    if not case and _HUMPS.fullmatch(right) and _are_equal(given.replace(" ", ""), right, case):
        return True  # "type error"
    is_name = right.isidentifier() and not is_constant(right)
    call = _CALL.fullmatch(given) if is_name else None
    return call is not None and _are_equal(call[1], right, case)


def _are_equal(given: str, right: str, case: bool) -> bool:
    return (
        given in (right, right.replace("\u00df", "ss"))
        if case
        else given.casefold() == right.casefold()
    )


def _is_row(clause: str, right: str, question: str) -> bool:
    """Whether both are the same row of numbers: "2, 5 and eight" is "[2, 5, 8]"."""
    wanted = _row(right)
    if len(wanted) < 2:
        return False
    parts = (part for part in without_fillers(clause) if _is_bracketed_as(part, right))
    if next((row for part in parts if (row := _row(part))), []) == wanted:
        return True
    found = mentioned(clause)
    rest = between(clause, found)
    is_told = not (says(rest, "or") or says(rest, "not") or _OTHER_SIGNS & set(rest))
    numbers = [str(min(mention.values)) for mention in found]
    return is_told and numbers == wanted and is_empty(rest, prose(question))


def _is_bracketed_as(part: str, right: str) -> bool:
    """Whether the part has no brackets, or those of the answer: a tuple is no list."""
    return part[:1] not in _OPENING or part[:1] == right[:1] or right[:1] not in _OPENING


def _row(text: str) -> list[str]:
    """The whole numbers of a text that has nothing else; they must stand apart."""
    bare = text.strip(" .!?")
    bare = bare[1:-1] if bare[:1] + bare[-1:] in ("[]", "()") else bare
    joint = vocabulary().words["and"] | {"&"}
    for word in filter(is_chinese, joint):
        bare = bare.replace(word, " ")
    parts = (part for part in bare.replace(",", " ").split() if part.casefold() not in joint)
    row = list(map(_digits, parts))
    return row if all(row) else []


def _digits(part: str) -> str:
    """The whole number that the part is, in digits, or ""."""
    if part.removeprefix("-").isdecimal():
        return part
    found = mentioned(part) if len(part) < _MOST_DIGITS and part.isalpha() else []
    is_whole = len(found) == 1 and (found[0].start, found[0].end) == (0, len(part))
    return str(min(found[0].values)) if is_whole else ""


def _is_held(clause: str, right: str, question: str, case: bool) -> bool:
    """Whether the clause holds the answer, and else only words that say nothing new."""
    if len(words(clause)) > _MOST_WORDS or (case and right not in clause):
        return False
    if not words(right):
        return _is_sign_held(clause, right, question)
    is_plain = " ".join(words(right)) == right.casefold()  # quotes and commas in it count
    is_word = right.isidentifier() or right.replace("-", "").isalpha()
    if not is_plain or right.isdecimal() or (is_code(right) and not is_word):
        return False
    if is_constant(right) and f"'{right}'".casefold() in tidy(clause).casefold():
        return False
    known = prose(question) - (_RIVALS if right in _RIVALS else frozenset())
    for start, end in _places(clause.casefold(), right.casefold()):
        rest = f"{clause[:start]} {clause[end:]}"
        is_left = denied(clause, [(start, end)])[0] or says(clause[end:], "not")
        is_alone = not is_left and not says(rest, "or") and not _is_listed(clause, start, end)
        if is_alone and is_empty(rest, known):
            return True
    return False


def _is_listed(clause: str, start: int, end: int) -> bool:
    """Whether something else stands beside the answer with "and": "spaces and letters"."""
    before, behind = clause[:start].rstrip(" ,"), clause[end:].lstrip(" ,")
    empty = vocabulary().words["fillers"] | vocabulary().words["and"]
    return (starts_with_word(behind.casefold(), "and") and not is_all_of(behind, empty)) or (
        ends_with_word(before.casefold(), "and") and not is_all_of(before, empty)
    )


def _places(lower: str, word: str) -> Iterator[tuple[int, int]]:
    """Where the word stands in the text, the first times."""
    at = -1
    for _ in range(_MOST_PLACES):
        at = find_word(lower, word, at + 1)
        if at < 0:
            break
        yield at, at + len(word)


def _is_sign_held(clause: str, right: str, question: str) -> bool:
    """Whether the sign is the only one that stands alone: "the : at the end"."""
    parts = clause.split()
    signs = [part.strip("'\"`") for part in parts if not words(part)]
    rest = " ".join(part for part in parts if words(part))
    return signs == [right] and not says(rest, "not") and is_empty(rest, prose(question))
