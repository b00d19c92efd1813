"""What may be the answer in a text, apart from the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from keyword import iskeyword, kwlist
from typing import Final

from ..code import is_code
from ..normal import tidy, words
from ..phrases import vocabulary
from .clauses import (
    CODE_SPAN,
    conclusion,
    find_word,
    is_empty,
    main_clause,
    prose,
    says,
    starts_with_word,
    without_fillers,
)
from .frames import means

__all__ = ["readings", "unquoted"]

_MOST: Final = 48
_ENDS: Final = (", ", ". ", "! ", " - ", "; ", "\n")
_FIRST_CODE: Final = re.compile(r"(?:\w{1,40}\([^()\n]*\)|\[[^\[\]\n]*\])(?=,? )")
"""A call or a list, with words behind it."""
_AROUND_CODE: Final = re.compile(
    r"(?:if|elif|while|return) |(?:-{1,9}> ?)?(?:[^\W\d_]{1,9} ?)?\d{1,3}[:.)]? "
)
"""The number of a line before its code; the statement that an expression belongs to."""
_ASSIGNED: Final = re.compile(r"([^\W\d]\w{0,40}) ?= ?(?![=\s])")
"""An expression that is kept in a name: "s = set(names)"."""
_KINDS: Final = {"[": "lists", "(": "tuples", "{": "sets"}
"""Words for kinds of values, by how those begin."""
_GAP: Final = re.compile(r"\s+(?=\S)|(?<=[\u4e00-\u9fff])(?=[^\s\u4e00-\u9fff])")
_SIGN: Final = re.compile(r"[^\w\s,:'-]")
"""What no word has."""
_KEYWORDS: Final = frozenset(kwlist) - {"is", "with", "as"}
_MOST_HEAD: Final = 8
"""Words before code."""
_SIGNS: Final = frozenset("'\"`=<>+*/%:")
_SPELT: Final = re.compile(r"[^\W\d_](?:[ -][^\W\d_]){2,19}")
"""Letter by letter: "l e p"."""
_LEAST_TOLD: Final = 2
"""Words that tell what code does."""
_MOST_LAST: Final = 6
"""Words behind a comma that may be the answer."""


def readings(text: str, question: str = "") -> list[str]:
    """What may be the answer in a text: all of it, without its reason, its first words, …"""
    found: dict[str, None] = {}
    for reading in _all(text, question):
        if len(found) == _MOST:
            break
        if reading:
            found[reading] = None
    return list(found)


def _all(text: str, question: str) -> Iterator[str]:
    yield text
    if _SPELT.fullmatch(text):
        yield re.sub(r"[ -]", "", text)
    if text.count("`") == 2:
        yield from CODE_SPAN.findall(text)[:1]
    for clause in dict.fromkeys((text, main_clause(text))):
        yield from _behind_words(clause, question)
        for part in without_fillers(clause):
            yield part
            yield from _parts(part, question)


def unquoted(found: list[str]) -> list[str]:
    """The readings that are in quotes, without them."""
    return [r[1:-1].strip() for r in found if len(r) > 2 and r[0] == r[-1] and r[0] in "'\""]


def _parts(text: str, question: str) -> Iterator[str]:
    yield text.rstrip(" .!?;:)~")
    signs = {c for c in text[-20:] if ord(c) > 0x2190 and not c.isalpha()}
    yield text.rstrip("".join(signs) + " ")
    yield from _firsts(text)
    yield from means(text)
    yield from _placed(text)
    last = text.rpartition(", ")[2]
    if last != text and len(words(last)) < _MOST_LAST:
        yield from without_fillers(last)
    yield from _corrected(text)
    yield from _behind_label(text, question)
    yield from _value(text, question)
    yield conclusion(text)
    if (assigned := _ASSIGNED.match(text)) and not _is_of(assigned[1], question):
        yield text[assigned.end() :]
    if (around := _AROUND_CODE.match(text)) and is_code(text[around.end() :].rstrip(" :")):
        yield text[around.end() :].rstrip(" :")


def _behind_words(text: str, question: str) -> Iterator[str]:
    """Code behind words that say nothing, or are of the question: "the line is x = {}".

    A word for a kind of values must be that of the code: "the list [1, 2]", not "the set [1, 2]".
    """
    kinds = vocabulary().words
    known = prose(question) | kinds["owners"] | kinds["solution"]
    nouns = frozenset[str]().union(*(kinds[kind] for kind in _KINDS.values()))
    for match in islice(_GAP.finditer(text), _MOST_HEAD):
        head, rest = text[: match.start()], text[match.end() :]
        if _SIGN.search(head):
            break
        own = kinds[_KINDS[rest[0]]] if rest[0] in _KINDS else frozenset[str]()
        is_frame = not says(head, "not") and is_empty(head, (known - nouns) | own)
        if is_frame and _KEYWORDS.isdisjoint(words(head)):
            yield from filter(is_code, without_fillers(rest))


def _firsts(text: str) -> Iterator[str]:
    """The text before something else that is no other answer."""
    ends = [(at, len(mark)) for mark in _ENDS if (at := text.find(mark)) > 0]
    if not is_code(text) and (code := _FIRST_CODE.match(text)):
        ends.append((code.end(), 0))
    if not is_code(text):
        ends += _denials(text)
    if (at := _end_of_statement(text)) > 0:
        ends.append((at, 0))
    for at, size in ends:
        if not starts_with_word(text[at + size :].strip(" ,").casefold(), "or"):
            yield text[:at].strip()


def _end_of_statement(text: str) -> int:
    """Where code ends that begins the text, before words that only say what it does; or 0.

    So "del names[0] takes her out", but not "x[0] if y" or "x[0] is wrong, not y".
    """
    at = max(text.rfind(bracket) for bracket in ")]}") + 1
    told = words(text[at:])
    if at == 0 or text[at : at + 1] != " " or len(told) < _LEAST_TOLD or is_code(text):
        return 0
    is_prose = _SIGNS.isdisjoint(text[at:]) and not iskeyword(told[0])
    is_stated = not (says(text[at:], "not") or says(text[at:], "or"))
    return at if is_prose and is_stated and is_code(text[:at]) else 0


def _placed(text: str) -> Iterator[str]:
    """Code that begins the text, before words that only say where it stands: "x=1 at the end"."""
    said = vocabulary().words
    for gap in islice(_GAP.finditer(text), _MOST_HEAD):
        tail = words(text[gap.end() :])
        is_place = not said["sides"].isdisjoint(tail) and (
            said["sides"] | said["small"]
        ).issuperset(tail)
        if is_place and "=" in text[: gap.start()] and is_code(text[: gap.start()]):
            yield text[: gap.start()]


def _denials(text: str) -> Iterator[tuple[int, int]]:
    """Where another answer is denied, from the space before "not": "Ada not ada", "int instead of
    str"."""
    lower = text.casefold()
    for word in vocabulary().words["not"] | vocabulary().words["instead"]:
        at = find_word(lower, word) if word in lower else -1
        if at > 0 and not is_empty(lower[at + len(word) :], ()):
            yield at, len(word)


def _corrected(text: str) -> Iterator[str]:
    """What stands behind a correction: "for, no wait, while". A mere "no" may deny it."""
    lower = text.casefold()
    for word in vocabulary().words["wait"] - vocabulary().words["not"]:
        if word in lower and (at := find_word(lower, word)) > 0:
            yield text[at + len(word) :].strip(" ,.:")


def _behind_label(text: str, question: str) -> Iterator[str]:
    """What stands before a colon, if it is a name; behind it, if before are words of the question:
    "KeyError: 'milk'", "line 2: print(price)"."""
    for colon in (": ", ":"):
        before, found, behind = text.partition(colon)
        if found and before.isidentifier():
            yield before
        if found and (is_empty(before, prose(question)) or _is_of(before, question)):
            yield behind.strip()


def _value(text: str, question: str) -> Iterator[str]:
    """What stands behind an expression of the question: "beds[1:3] is [6, 8]", "n = 3"."""
    lower = text.casefold()
    signs = [(lower.find(sign), sign) for sign in ("==", "=", "->")]
    equals = (word for word in vocabulary().words["equals"] if word in lower)
    signs += [(find_word(lower, word), word) for word in equals]
    for at, sign in sorted(signs):
        is_named = at > 0 and not text[:at].strip(" `").isdecimal()
        if is_named and _is_of(text[:at], question):
            value = text[at + len(sign) :].strip(" =>:")
            yield from without_fillers(value)
            yield value.rstrip(" .!")


def _is_of(text: str, question: str) -> bool:
    """Whether the text is an expression of the question."""
    code = tidy(text.strip(" `,"))
    whole = tidy(question)
    at = whole.find(code) if code else -1
    while at >= 0:
        before, after = whole[at - 1 : at], whole[at + len(code) : at + len(code) + 1]
        if not (_joins(before, code[0]) or _joins(after, code[-1])):
            return True
        at = whole.find(code, at + 1)
    return False


def _joins(char: str, edge: str) -> bool:
    """Whether a word goes on at this edge."""
    return edge.isalnum() and (char.isalnum() or char == "_")
