"""What a message says is not the answer: "25, not 50", "no wait, 25", "neither A nor B"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..phrases import vocabulary
from .clauses import ends_with_word, find_word, is_chinese, is_empty, says, starts_with_word

__all__ = ["corrects", "denied", "denied_behind", "first_part", "is_taken_back", "spared"]

_STOPS = ", ", "(", ". ", "; ", "! ", ": "


def denied(
    clause: str, places: Sequence[tuple[int, int]], *, but: Collection[str] = ()
) -> list[bool]:
    """Whether the answer at each of these places of the clause, from start to end, is denied.

    One behind "or" shares the denial of the one before: "8, not 7 or 9". ``but``: words for "not"
    that deny nothing, because an answer has them.
    """
    found: list[bool] = []
    end = 0
    for start, stop in places:
        gap = clause[end:start]
        is_shared = bool(found) and found[-1] and _is_joint(gap)
        found.append(is_shared or _denies(gap, is_first=not found, but=but))
        end = stop
    return found


def denied_behind(
    clause: str, places: Sequence[tuple[int, int]], *, but: Collection[str] = ()
) -> list[bool]:
    """Whether the answer at each of these places is denied behind: "3 is not the answer, 9 is".

    Before another answer, a stop must end the denial: "25 not 50".
    """
    ends = [*(start for start, _ in places[1:]), len(clause)]
    gaps = [clause[stop:end] for (_, stop), end in zip(places, ends, strict=True)]
    told = [*(gap if first_part(gap) != gap else "" for gap in gaps[:-1]), *gaps[-1:]]
    return [_is_denied_behind(gap, but=but) for gap in told]


def _is_denied_behind(behind: str, *, but: Collection[str] = ()) -> bool:
    """Whether what stands behind an answer denies it and says nothing else: "25 is not right"."""
    part, known = first_part(behind), vocabulary().words
    if not is_empty(part, known["not"] | known["rejections"] | known["solution"]):
        return False
    rest, is_rejected = _without_rejections(part.casefold(), but)
    return is_rejected != says(rest, "not", but=but)  # "not wrong" is right


def is_taken_back(text: str, question: str) -> bool:
    """Whether the text ends with a denial of all before: "int? no", "int, nope"."""
    known = vocabulary().words
    end = text.casefold().rstrip(" .!")
    rejections = known["rejections"].difference(spared(question))
    denials = rejections | (known["agreement"] & (known["wait"] | known["not"]))
    asked, _, answer = end.rpartition("? ")
    said, _, last = end.rpartition(", ")
    return (asked != "" and answer in denials) or (said != "" and last in rejections)


def spared(question: str, *choices: str) -> list[str]:
    """The words for "wrong" that deny nothing: the question asks for it, or a choice has them."""
    rejections = vocabulary().words["rejections"]
    if says(question, "rejections") or says(question, "faults"):
        return list(rejections)
    said = " ".join(choices).casefold()
    return [word for word in rejections if find_word(said, word) >= 0]


def _without_rejections(lower: str, but: Collection[str]) -> tuple[str, bool]:
    """The text without a word for "wrong", and whether it had one."""
    for word in sorted(vocabulary().words["rejections"].difference(but), key=len, reverse=True):
        if (at := find_word(lower, word)) >= 0:
            return f"{lower[:at]} {lower[at + len(word) :]}", True
    return lower, False


def corrects(gap: str) -> bool:
    """Whether what stands between two answers takes the first one back."""
    return says(gap, "wait")


def _denies(gap: str, *, is_first: bool, but: Collection[str]) -> bool:
    lower = gap.casefold()
    label = lower.rstrip(" ").removesuffix(":")
    if says(_last_part(lower), "instead", but=but) or (
        label != lower.rstrip(" ") and ends_with_word(label.rstrip(" "), "rejections")
    ):
        return True
    part = _last_part(_without_corrections(lower, is_first=is_first))
    return says(part, "not", but=but)


def _last_part(part: str) -> str:
    """What stands behind the last comma or other stop."""
    for stop in _STOPS:
        part = part.rpartition(stop)[2]
    return part


def _without_corrections(lower: str, *, is_first: bool) -> str:
    """The text without "no" where it answers what was before: "no, 8", "50 no wait 25"."""
    for word in vocabulary().words["wait"]:
        at = find_word(lower, word)
        if at < 0:
            continue
        behind = lower[at + len(word) :].lstrip(" ")
        is_alone = not behind and not (is_first and at == 0)
        is_ended = behind[:1] in (",", ".", ";", ":", "!") or starts_with_word(behind, "wait")
        if is_alone or is_ended or " " in word or is_chinese(word):
            lower = f"{lower[:at]} , {behind}"
    return lower


def _is_joint(gap: str) -> bool:
    lower = gap.casefold().strip(" ,")
    known = vocabulary().words
    return lower in known["or"] | known["and"]


def first_part(text: str) -> str:
    """What stands before the first comma or other stop."""
    for stop in _STOPS:
        text = text.partition(stop)[0]
    return text
