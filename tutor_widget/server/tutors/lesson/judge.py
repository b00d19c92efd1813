"""Whether a message holds the right answer of a step: tolerant of its form, strict about content.

An answer may stand in a sentence, before its reason, behind "I think it is". Near misses stay
wrong: what is left of a sentence, apart from the answer, must be words that say nothing. Messages
are those of `normal.clean`. Everything here takes linear time: a message has a bounded length, and
so has the number of its readings.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from .code import is_code, same_code
from .normal import clean, tidy, words
from .numbers import Mention, mentioned
from .phrases import vocabulary

__all__ = [
    "LETTERS",
    "Verdict",
    "judge_choice",
    "judge_number",
    "judge_text",
    "main_clause",
    "says",
]

LETTERS: Final = "ABCDEFGH"
_MOST_READINGS: Final = 40
_MOST_FILLERS: Final = 12
_MOST_AT_END: Final = 3
"""Words of a filler behind an answer: "c i think"."""
_MOST_WITH_ARTICLE: Final = 4
"""Words of a clause in which "one" is a number; in a longer one it may be an article."""
_LETTER: Final = re.compile(r"(?<![A-Za-z0-9_'])\(?([A-Ha-h])(\)|\.|:)?(?![A-Za-z0-9_'])")
_CODE_SPAN: Final = re.compile(r"`([^`\n]+)`")


class Verdict(enum.Enum):
    """What a message says about a step's question."""

    RIGHT = "right"
    WRONG = "wrong"
    TWO = "two answers"
    NONE = "no answer"


def judge_number(
    text: str,
    right: float,
    tolerance: float = 0,
    *,
    percent: bool = False,
    question: str = "",
) -> Verdict:
    """Whether the number that the text names is ``right``, within ``tolerance`` (inclusive).

    ``percent``: "50 %" is also read as 0.5, and 0.5 as 50 %. Beside another number, one of the
    question only repeats it: "a quarter of 100 is 25".
    """
    core = _without_fillers(text)[-1]
    if is_code(core) and core[-1:] in tuple(")]}"):
        return (
            Verdict.WRONG
        )  # a list that holds the number, or a call that has it, is not the number
    main = main_clause(text)
    for clause in dict.fromkeys((_result(main), main, _without_fillers(main)[-1], text)):
        found = mentioned(clause)
        if not percent:
            found = [mention for mention in found if not mention.is_percent] or found
        if len(words(clause)) > _MOST_WITH_ARTICLE:
            found = [mention for mention in found if not mention.is_article]
        if found:
            break
    else:
        return Verdict.NONE
    # Compared as decimal numbers, as people mean them: 0.1 + 0.2 is 0.3 here.
    expected, margin = Fraction(str(right)), Fraction(str(tolerance))
    scales = (Fraction(1), Fraction(100), Fraction(1, 100)) if percent else (Fraction(1),)

    def fits(values: Iterable[Fraction]) -> bool:
        return any(abs(v * scale - expected) <= margin for v in values for scale in scales)

    is_denied = says(clause, "not")
    if len({mention.values for mention in found}) > 1:
        if says(clause, "or"):
            return Verdict.TWO
        asked = {mention.values for mention in mentioned(clean(question))}
        if new := [mention for mention in found if mention.values not in asked]:
            found = new
        if offered := _offered(clause, found):
            found, is_denied = offered, False
        elif says(clause, "wait"):
            found, is_denied = found[-1:], False
        else:
            first = mentioned(clause.partition(", ")[0])
            if len(first) == 1 and len(found) > 1:
                found = first
            elif not all(fits(mention.values) for mention in found):
                is_torn = len(found) == 2 and any(fits(mention.values) for mention in found)
                return Verdict.TWO if is_torn else Verdict.WRONG
    return Verdict.RIGHT if fits(found[0].values) and not is_denied else Verdict.WRONG


def _offered(clause: str, found: Sequence[Mention]) -> list[Mention]:
    """The one number that is left without those that are denied: "8, not 9"; else none."""
    corrections = vocabulary().words["wait"]
    starts = (0, *(mention.end for mention in found))
    before = [clause[start : m.start] for start, m in zip(starts, found, strict=False)]
    left = [
        mention
        for gap, mention in zip(before, found, strict=True)
        if not says(gap.rpartition(", ")[2], "not", but=corrections)
    ]
    return left if len(left) == 1 else []


def judge_choice(text: str, choices: Sequence[str], right: str, *, question: str = "") -> Verdict:
    """Whether the text names the choice with the letter ``right``: by letter, place or content.

    A place may stand with a word of the question: "the last line".
    """
    clause = main_clause(text)
    found = _letters(clause, len(choices)) or _by_content(clause, choices, question)
    first, _, rest = clause.partition(" ")
    if not found and len(first) == 1 and rest:
        found = _by_content(rest, choices, question) & {first.upper()}  # "b the equator"
    found = found or _by_place(clause, choices, question)
    if not found and clause != text:
        found = _letters(text, len(choices))
    if len(found) > 1:
        return Verdict.TWO
    if not found:
        core = _without_fillers(clause)[-1].strip(" .!?()").upper()
        return Verdict.WRONG if core in tuple(LETTERS) else Verdict.NONE
    is_right = found == {right} and not says(clause, "not", but=words(" ".join(choices)))
    return Verdict.RIGHT if is_right else Verdict.WRONG


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
    the text is no answer at all: only the reader of the message can tell.
    """
    rights = [tidy(clean(right)) for right in accepted]
    codes = [right for right in accepted if is_code(right)]
    for reading in readings(text, question):
        if any(_same(tidy(reading), right, case) for right in rights):
            return Verdict.RIGHT
        if any(same_code(reading, code, cases if code == accepted[0] else ()) for code in codes):
            return Verdict.RIGHT
    if any(_same_numbers(text, right) for right in rights):
        return Verdict.RIGHT
    is_held = any(_holds(main_clause(text), right, question, case) for right in rights)
    return Verdict.RIGHT if is_held else Verdict.WRONG


def readings(text: str, question: str = "") -> list[str]:
    """What may be the answer in a text: all of it, without its reason, its first words, …"""
    found = [text]
    for clause in dict.fromkeys((text, main_clause(text))):
        for part in _without_fillers(clause):
            found += [part, *_split(part, question)]
    found += _CODE_SPAN.findall(text)[:1] if text.count("`") == 2 else []
    unquoted = [r[1:-1].strip() for r in found if len(r) > 2 and r[0] == r[-1] and r[0] in "'\""]
    return [r for r in dict.fromkeys((*found, *unquoted)) if r][:_MOST_READINGS]


def main_clause(text: str) -> str:
    """The text before its reason."""
    lower = text.casefold()
    if len(lower) != len(text):
        return text
    cut = len(text)
    for word in vocabulary().words["because"]:
        at = _find_word(lower, word)
        if 0 < at < cut:
            cut = at
    return text[:cut].rstrip(" ,;-(") or text


def says(text: str, kind: str, *, but: Iterable[str] = ()) -> bool:
    """Whether the text has a word of this kind of `Vocabulary.words`, except those of ``but``."""
    lower, spared = text.casefold(), frozenset(but)
    return any(
        _find_word(lower, word) >= 0 for word in vocabulary().words[kind] if word not in spared
    )


# --- parts of a message ---------------------------------------------------------------------------


def _find_word(lower: str, word: str) -> int:
    """Where the word, or words, stand in the text; -1 if nowhere. Chinese has no spaces."""
    at = lower.find(word)
    if (not word[0].isascii() and not word[0].isalpha()) or "\u4e00" <= word[0] <= "\u9fff":
        return at
    while at >= 0:
        end = at + len(word)
        before, after = lower[at - 1 : at], lower[end : end + 1]
        if not (before.isalnum() or (before in ("'", "_") and before)) and not (
            after.isalnum() or after == "_"
        ):
            return at
        at = lower.find(word, at + 1)
    return -1


def _without_fillers(text: str) -> list[str]:
    """The text, and what is left of it after each word at its beginning that says nothing."""
    fillers = vocabulary().words["fillers"]
    parts = [text]
    for _ in range(_MOST_FILLERS):
        rest = _after_filler(text, fillers)
        if rest is None or not rest:
            break
        text = rest
        parts.append(text)
    ending = text.rsplit(None, _MOST_AT_END)
    for count in range(len(ending) - 1, 0, -1):
        if " ".join(ending[-count:]).casefold().strip(".,!?") in fillers:
            rest = text.rsplit(None, count)[0].rstrip(" ,")
            return [*parts, rest] if rest else parts
    return parts


def _after_filler(text: str, fillers: frozenset[str]) -> str | None:
    tokens = text.split(None, 4)[:4]
    for count in range(len(tokens), 0, -1):
        head = " ".join(tokens[:count]).casefold().rstrip(",:;.!")
        if head in fillers:
            return text.split(None, count)[count] if len(text.split(None, count)) > count else ""
    if text[:1] >= "\u4e00":
        for filler in sorted(fillers, key=len, reverse=True):
            if text.startswith(filler):
                return text[len(filler) :].strip(" ,:")
    return None


def _split(text: str, question: str) -> list[str]:
    """The text before a comma, an emoji, a colon behind a name; behind "NAME =" and "NAME is"."""
    found = [text.rstrip(" .!?;:)~")]
    bare = text.rstrip(
        "".join({c for c in text[-20:] if ord(c) > 0x2190 and not c.isalpha()}) + " "
    )
    found.append(bare)
    marks = (", ", ". ", "! ", " - ", "; ", "\n")
    found += [text[:at] for mark in marks if (at := text.find(mark)) > 0]
    found += [text[: at + 1] for mark in ("], ", "] ") if (at := text.find(mark)) > 0]
    last = text.rpartition(", ")[2]
    if last != text and len(words(last)) < 6:
        found += _without_fillers(last)
    name, colon, _ = text.partition(":")
    if colon and name.isidentifier():
        found.append(name)
    for sign in ("==", "=", " is ", " are ", " ist ", " es ", " est ", " \u662f"):
        name, found_sign, value = text.partition(sign)
        name = name.strip(" `")
        if found_sign and name.isidentifier() and re.search(rf"\b{name}\b", question):
            found += [value.strip(), value.strip().rstrip(".!")]
    return [part.strip() for part in found]


def _result(clause: str) -> str:
    """What stands behind the last equals sign, or behind "so"."""
    at = max(
        (clause.rfind(mark) + len(mark) for mark in ("=", " so ", "->") if mark in clause),
        default=0,
    )
    return clause[at:].strip() or clause


def _same_numbers(text: str, right: str) -> bool:
    """Whether both are the same row of numbers: "2, 5 and 8" is "[2, 5, 8]"."""
    wanted = _row(right)
    if len(wanted) < 2:
        return False
    clause = main_clause(text)
    given = next((row for part in _without_fillers(clause) if (row := _row(part))), [])
    return given == wanted


def _row(text: str) -> list[str]:
    """The whole numbers of a text that has nothing else; they must stand apart."""
    bare = text.strip(" .!?")
    bare = bare[1:-1] if bare[:1] + bare[-1:] in ("[]", "()") else bare
    parts = bare.replace(",", " ").split()
    joint = vocabulary().words["and"]
    row = [part for part in parts if part.casefold() not in joint]
    return row if all(part.removeprefix("-").isdecimal() for part in row) else []


def _same(given: str, right: str, case: bool) -> bool:
    return given == right if case else given.casefold() == right.casefold()


def _holds(clause: str, right: str, question: str, case: bool) -> bool:
    """Whether the clause holds the answer, and else only words that say nothing new."""
    if (
        not right
        or not any(c.isalpha() for c in right)
        or (is_code(right) and not right.isidentifier())
    ):
        return False
    given, wanted = words(clause), words(right)
    if " ".join(wanted) != right.casefold():
        return False  # quotes and commas in it count
    if not wanted or len(given) > 12 or (case and right not in clause):
        return False
    empty = _single(vocabulary().words["fillers"]) | _prose(question)
    for start in range(len(given) - len(wanted) + 1):
        if given[start : start + len(wanted)] == wanted:
            rest = given[:start] + given[start + len(wanted) :]
            if all(word in empty for word in rest) and not says(" ".join(rest), "not"):
                return True
    return False


def _prose(question: str) -> frozenset[str]:
    """The words of the question that are no code."""
    return frozenset(words(_CODE_SPAN.sub(" ", "".join(question.split("```")[::2]))))


def _single(phrases: frozenset[str]) -> frozenset[str]:
    return frozenset(word for phrase in phrases for word in phrase.split())


# --- choices --------------------------------------------------------------------------------------


def _letters(clause: str, count: int) -> set[str]:
    """The letters of choices that the clause names."""
    known = LETTERS[:count]
    core = _without_fillers(clause)[-1].strip(" .!?,;:")
    found: set[str] = set()
    for match in _LETTER.finditer(clause):
        letter, mark = match[1].upper(), match[2]
        is_alone = core.casefold() == match[1].casefold() or clause.strip(" .!?)(") == match[1]
        if letter in known and (is_alone or mark == ")" or match[1].isupper()):
            found.add(letter)
    if "I" in clause.split():
        found.discard("I")
    if "A" in found and len(found) == 1 and not _is_letter_a(clause):
        found.clear()
    return found


def _is_letter_a(clause: str) -> bool:
    """Whether an "A" is the choice: an article stands before a word, mostly at the beginning."""
    return re.search(r"(?<!\w)[Aa](?:\)|[.,;:!?]|\s*$)|\w\s+A(?!\w)", clause) is not None


def _by_place(clause: str, choices: Sequence[str], question: str) -> set[str]:
    count = len(choices)
    ordinals, numbers = vocabulary().ordinals, vocabulary().numbers
    empty = _single(vocabulary().words["fillers"]) | _prose(question)
    known = ordinals.keys() | numbers.keys() | empty
    if not all(w in known or w.isdecimal() or w >= "\u4e00" for w in words(clause)):
        return set()
    if clause >= "\u4e00" and len(clause) > 6:
        return set()
    found = {ordinals[word] for word in words(clause) if word in ordinals}
    found |= {place for word, place in ordinals.items() if word >= "\u4e00" and word in clause}
    digits = [word for word in words(clause) if word in ("1", "2", "3", "4", "5", "6", "7", "8")]
    if len(digits) == 1 and not any(c.isdecimal() for choice in choices for c in choice):
        found.add(int(digits[0]) - 1)
    return {LETTERS[place if place >= 0 else count - 1] for place in found if place < count}


def _by_content(clause: str, choices: Sequence[str], question: str) -> set[str]:
    """The choice whose words these are: all of them, or a part that no other choice has."""
    if len(clause.strip(" .!?()")) == 1 and clause.isascii():
        return set()  # a letter that no choice has
    texts = [" ".join(words(clean(choice))) for choice in choices]
    for reading in reversed(readings(clause)):
        exact = {
            LETTERS[n] for n, c in enumerate(choices) if _same(tidy(reading), tidy(clean(c)), False)
        }
        if len(exact) == 1:
            return exact
    for reading in _without_fillers(clause):
        part = " ".join(words(reading))
        if not part:
            continue
        held = {LETTERS[n] for n, text in enumerate(texts) if f" {part} " in f" {text} "}
        if len(held) == 1 and part not in vocabulary().words["fillers"]:
            return held
    return _by_own_words(words(clause), choices, question)


def _by_own_words(given: list[str], choices: Sequence[str], question: str) -> set[str]:
    """The choice that has words of the clause which no other has.

    All words of the clause must be of choices or the question, but where one is code in the choice:
    "it crashes with an IndexError". "Index error" is the same word.
    """
    empty = _single(vocabulary().words["fillers"])
    sets = [set(words(clean(choice))) for choice in choices]
    others = (vocabulary().words["not"] | _prose(question)) - set().union(*sets)
    codes = {w for choice in choices for span in _CODE_SPAN.findall(choice) for w in words(span)}
    joined = [f"{one}{two}" for one, two in pairwise(given)]
    told = [word for word in (*given, *joined) if word in codes and len(word) > 1]
    own = [word for word in given if word not in empty and word not in others]
    places = [{n for n, held in enumerate(sets) if word in held} for word in (told or own)]
    if not places or not all(places):
        return set()
    common = set.intersection(*places)
    return {LETTERS[n] for n in common} if len(common) == 1 else set()
