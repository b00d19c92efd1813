"""Parts of a message: the clause before its reason, and what is left without empty words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..normal import words
from ..phrases import vocabulary
from .frames import first_of_modals, is_frame, is_tail

__all__ = [
    "CODE_SPAN",
    "assertion",
    "chinese_run",
    "conclusion",
    "ends_with_word",
    "find_word",
    "is_all_of",
    "is_chinese",
    "is_empty",
    "main_clause",
    "prose",
    "prose_of",
    "result",
    "says",
    "starts_with_word",
    "units",
    "without_fillers",
]

CODE_SPAN: Final = re.compile(r"`([^`\n]+)`")
_MOST_FILLERS: Final = 12
_MOST_AT_END: Final = 3
"""Words of a filler behind an answer: "c i think"; and how many such fillers there may be."""
_LONGEST_PHRASE: Final = 4
"""Words of a phrase."""
_LONGEST_CHINESE: Final = 8
"""Characters of a word."""
_LONGEST_OPENING: Final = 5
"""Words of what stands before an answer: "that should come out as"."""
_EDGES: Final = " ,;-("
_CODE_SIGNS: Final = frozenset("'\"`=()[]")
_RESULT: Final = re.compile(r"(?<![<>!])=>?|->")
_ELIDED: Final = re.compile(r"^[ld]'")
_CHINESE: Final = re.compile(r"[\u3007\u4e00-\u9fff]+")


def says(text: str, kind: str, *, but: Iterable[str] = ()) -> bool:
    """Whether the text has a word of this kind of `Vocabulary.words`, except those of ``but``."""
    lower, spared = text.casefold(), frozenset(but)
    return any(
        word in lower and word not in spared and find_word(lower, word) >= 0
        for word in vocabulary().words[kind]
    )


def find_word(lower: str, word: str, start: int = 0) -> int:
    """Where the word, or words, stand in the text; -1 if nowhere. Chinese has no spaces."""
    at = lower.find(word, start)
    if at < 0 or is_chinese(word):
        return at
    while at >= 0:
        if _stands_free(lower, at, word):
            return at
        at = lower.find(word, at + 1)
    return -1


def starts_with_word(lower: str, kind: str) -> bool:
    """Whether the text begins with a word of this kind."""
    return any(lower.startswith(w) and find_word(lower, w) == 0 for w in vocabulary().words[kind])


def ends_with_word(lower: str, kind: str) -> bool:
    """Whether the text ends with a word of this kind."""
    return any(
        lower.endswith(word) and find_word(lower, word, len(lower) - len(word)) >= 0
        for word in vocabulary().words[kind]
    )


def is_chinese(text: str) -> bool:
    """Whether the text begins with a Chinese character."""
    return "\u4e00" <= text[:1] <= "\u9fff"


def chinese_run(text: str, at: int) -> str:
    """The Chinese characters at the beginning (0) or the end (-1) of a text."""
    runs = _CHINESE.findall(text)
    return runs[at] if runs else ""


def assertion(text: str) -> str:
    """The text without what its author hedges it with: "no doubt", "but I'm not sure".

    With "ss" for "ß", but in what may be code: in lower case, it must not grow.
    """
    text = text if _CODE_SIGNS.intersection(text) else text.replace("\u00df", "ss")
    lower = text.casefold()
    if len(lower) != len(text):
        return text
    for hedge in _longest_first("hedges"):
        while hedge in lower and (at := find_word(lower, hedge)) >= 0:
            text = f"{text[:at].rstrip(_EDGES)} {text[at + len(hedge) :].lstrip(' ,;')}".strip()
            lower = text.casefold()
    return text


def main_clause(text: str) -> str:
    """The text without its reason, which may stand before it: "because it starts at 0, it is 3"."""
    lower = text.casefold()
    if len(lower) != len(text):
        return text
    found = [find_word(lower, word) for word in vocabulary().words["because"] if word in lower]
    cut = min((at for at in found if at > 0), default=len(text))
    behind = text.partition(", ")[2] if 0 in found else ""
    if behind and not starts_with_word(behind.casefold(), "because"):  # "da kommt 3 hin, weil …"
        return behind
    if 0 in found and cut == len(text):  # the reason is the answer: "because they are even"
        return _without_first(text, "because")
    return text[:cut].rstrip(_EDGES) or text


def _without_first(text: str, kind: str) -> str:
    """The text without the word of this kind that it begins with; as it is, if nothing is left."""
    lower = text.casefold()
    first = next(w for w in _longest_first(kind) if lower.startswith(w) and not find_word(lower, w))
    return text[len(first) :].lstrip(_EDGES) or text


def conclusion(clause: str) -> str:
    """What stands behind the last "so", or ""."""
    lower = clause.casefold()
    at = 0
    for word in vocabulary().words["so"]:
        place = lower.rfind(word)
        while place > at and not _stands_free(lower, place, word):
            place = lower.rfind(word, 0, place)
        if place > at:
            at = place + len(word)
    return clause[at:].strip(" ,:") if at else ""


def result(clause: str) -> str:
    """What stands behind the last "so", equals sign or arrow; or all of it."""
    said = conclusion(clause) or clause
    at = max((match.end() for match in _RESULT.finditer(said)), default=0)
    return said[at:].strip(" ,:") or clause


def without_fillers(text: str) -> list[str]:
    """The text, and what is left of it after each word at its beginning that says nothing.

    The last one also lacks those at the end.
    """
    return list(_without_fillers(text))


@functools.lru_cache(256)  # the same texts again and again, while one message is read
def _without_fillers(text: str) -> tuple[str, ...]:
    parts = [text]
    for _ in range(_MOST_FILLERS):
        rest = _after_filler(text)
        if not rest:
            break
        text = rest
        parts.append(text)
    head = parts[0].removesuffix(text).casefold()
    endings = _endings(is_modal=not first_of_modals().isdisjoint(words(head)))
    # A filler may begin the answer, too: in "I would write a and b", "a" is no article.
    others = (
        short
        for part in parts[:-1]
        for short in _without_endings(part, endings)
        if len(short) > len(part) - len(text)
    )
    return (*parts[:-1], *others, text, *_without_endings(text, endings))


def _without_endings(text: str, endings: frozenset[str]) -> Iterator[str]:
    """What is left of the text after each filler at its end."""
    for _ in range(_MOST_AT_END):
        text = _before_filler(text, endings)
        if not text:
            break
        yield text


@functools.cache
def _endings(*, is_modal: bool) -> frozenset[str]:
    """What may stand behind an answer: fillers, and a verb of German: "da müsste 3 stehen"."""
    known = vocabulary().words
    return known["fillers"] | (known["verbs"] if is_modal else frozenset())


def _after_filler(text: str) -> str:
    fillers = _openings()
    tokens = text.split(None, _LONGEST_OPENING)[:_LONGEST_OPENING]
    for count in range(len(tokens), 0, -1):
        head = " ".join(tokens[:count]).casefold().rstrip(",:;.!")
        rest = "".join(text.split(None, count)[count:])
        # Of "you use return", the frame is "you use".
        if head in fillers or (rest and is_frame(head.split())):
            return rest
    if is_chinese(text):
        for filler in _chinese_openings():
            if text.startswith(filler):
                return text[len(filler) :].strip(" ,:")
    return ""


def _before_filler(text: str, fillers: frozenset[str]) -> str:
    ending = text.rsplit(None, _MOST_AT_END)
    for count in range(len(ending) - 1, 0, -1):
        tail = " ".join(ending[-count:]).casefold().strip(".,!?")
        if tail in fillers or is_tail(tail.split()):
            return text.rsplit(None, count)[0].rstrip(" ,")
    bare = text.rstrip(" .,!?")
    if is_chinese(bare[-1:]):
        for filler in _longest_first("fillers"):
            if is_chinese(filler) and bare.endswith(filler):
                return bare[: -len(filler)].rstrip(" ,")
    return ""


def is_empty(text: str, known: Iterable[str]) -> bool:
    """Whether all of the text is words that say nothing, and those of ``known``.

    Those are fillers, and what may stand beside an answer: "the keyword".
    """
    return is_all_of(text, _beside().union(known))


@functools.cache
def _beside() -> frozenset[str]:
    known = vocabulary().words
    return known["companions"] | known["fillers"]


def is_all_of(text: str, empty: frozenset[str]) -> bool:
    """Whether the text has these words and phrases only."""
    given = words(_CHINESE.sub(" ", text))
    at = 0
    while at < len(given):
        ends = range(min(at + _LONGEST_PHRASE, len(given)), at, -1)
        at = next((end for end in ends if _is_one_of(" ".join(given[at:end]), empty)), -1)
        if at < 0:
            return False
    return all(_is_row_of(run, empty) for run in _CHINESE.findall(text))


def _is_one_of(phrase: str, known: frozenset[str]) -> bool:
    """Whether the phrase is known, be it with an article: "l'expression"."""
    return phrase in known or _ELIDED.sub("", phrase) in known


def _is_row_of(run: str, known: frozenset[str]) -> bool:
    """Whether a run of Chinese characters is a row of these words."""
    reached = {0}
    for start in range(len(run)):
        if start in reached:
            ends = range(start + 1, min(start + _LONGEST_CHINESE, len(run)) + 1)
            reached.update(end for end in ends if run[start:end] in known)
    return len(run) in reached


def units(text: str) -> list[str]:
    """The words of a text; each Chinese character is one."""
    return words(_CHINESE.sub(lambda run: f" {' '.join(run[0])} ", text))


@functools.lru_cache(256)  # of each question again and again
def prose(question: str) -> frozenset[str]:
    """The words of the question that are no code; of Chinese, all that may be one."""
    told = prose_of(question)
    runs = _CHINESE.findall(told)
    pairs = ((run, start) for run in runs for start in range(len(run)))
    sizes = range(2, _LONGEST_CHINESE + 1)
    said = [word.removesuffix("'s") for word in words(told)]
    return frozenset(said).union(
        words(told), (run[start : start + size] for run, start in pairs for size in sizes)
    )


def prose_of(question: str) -> str:
    """The question without its code."""
    return CODE_SPAN.sub(" ", "".join(question.split("```")[::2]))


@functools.cache
def _openings() -> frozenset[str]:
    """What may stand before an answer: fillers, guesses, phrases such as "you need to write"."""
    known = vocabulary().words
    phrases = {phrase for phrase in known["companions"] | known["modals"] if " " in phrase}
    joined = {f"{modal}{verb}" for modal in known["modals"] for verb in known["verbs"]}
    return known["fillers"] | known["guess"] | phrases | set(filter(is_chinese, joined))


@functools.cache
def _chinese_openings() -> tuple[str, ...]:
    """Those that are Chinese, the longest first."""
    return tuple(sorted(filter(is_chinese, _openings()), key=len, reverse=True))


@functools.cache
def _longest_first(kind: str) -> tuple[str, ...]:
    return tuple(sorted(vocabulary().words[kind], key=len, reverse=True))


def _stands_free(lower: str, at: int, word: str) -> bool:
    """Whether what stands here is the word, and no part of another one."""
    before, behind = lower[at - 1 : at], lower[at + len(word) : at + len(word) + 1]
    return is_chinese(word) or (_is_free(before, "'_") and _is_free(behind, "_"))


def _is_free(char: str, joining: str) -> bool:
    """Whether a word may end beside this character, which may be none."""
    return not char or is_chinese(char) or not (char.isalnum() or char in joining)
