"""What a message says is not the answer: "25, not 50", "no wait, 25", "neither A nor B"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..phrases import vocabulary
from .clauses import find_word, is_chinese, is_empty, says, starts_with_word

__all__ = ["corrects", "denied", "first_part", "is_denied_behind"]

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


def is_denied_behind(behind: str, *, but: Collection[str] = ()) -> bool:
    """Whether what stands behind an answer denies it and says nothing else: "25 is not right"."""
    part = first_part(behind)
    return says(part, "not", but=but) and is_empty(part, vocabulary().words["not"])


def corrects(gap: str) -> bool:
    """Whether what stands between two answers takes the first one back."""
    return says(gap, "wait")


def _denies(gap: str, *, is_first: bool, but: Collection[str]) -> bool:
    part = _without_corrections(gap.casefold(), is_first=is_first)
    for stop in _STOPS:
        part = part.rpartition(stop)[2]
    return says(part, "not", but=but)


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
