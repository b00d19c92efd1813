"""Frames around an answer: "it should print …", "you can do it with …", "python says …"."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Final

from ..phrases import vocabulary

__all__ = ["first_of_modals", "is_frame", "is_tail", "means"]

_MOST_TAIL: Final = 3
"""Words of what is done by a means."""


def is_frame(head: Sequence[str]) -> bool:
    """Whether it is a verb that says nothing, in some form: "you could use", "it works with"."""
    kinds = (_is_modal, _is_inverted, _is_deed, _is_report, _is_act)
    return any(is_kind(head) for is_kind in kinds)


def _is_inverted(head: Sequence[str]) -> bool:
    """Whether it is a modal verb before its subject: "kann man", whose verb follows the answer."""
    known = vocabulary().words
    return len(head) == 2 and head[0] in known["modals"] and head[1] in _subjects() - known["not"]


def is_tail(tail: Sequence[str]) -> bool:
    """Whether it is a frame behind an answer: "würde ich schreiben"."""
    known = vocabulary().words
    return (
        len(tail) > 1
        and tail[0] in known["modals"]
        and tail[-1] in known["verbs"]
        and (known["persons"] | known["fillers"]).issuperset(tail[1:-1])
    )


def means(text: str) -> Iterator[str]:
    """What stands between a preposition and what is done by it: "mit sorted() geht das"."""
    first, _, rest = text.rstrip(" .!").partition(" ")
    known = vocabulary().words
    if first.casefold() not in known["prepositions"]:
        return
    parts = rest.rsplit(None, _MOST_TAIL)
    for count in range(1, len(parts)):
        tail = " ".join(parts[-count:]).casefold()
        done = " ".join(word for word in tail.split() if word not in _subjects())
        if tail in known["deeds"] or done in known["deeds"]:
            yield rest.rsplit(None, count)[0].rstrip(" ,")


def _is_act(head: Sequence[str]) -> bool:
    """Whether it is somebody with a verb that says nothing: "you do", "u just type"."""
    known = vocabulary().words
    others = known["persons"] - known["first_person"]
    return (
        len(head) > 1
        and head[0] in others
        and any(
            known["fillers"].issuperset(head[1:at]) and " ".join(head[at:]) in known["verbs"]
            for at in range(1, len(head))
        )
    )


def _is_report(head: Sequence[str]) -> bool:
    """Whether it is a program or a thing with what it says: "python says", "the turtle draws a"."""
    known = vocabulary().words
    agents = (n for n in range(1, len(head)) if _is_agent(head[:n]))
    return any(
        " ".join(head[start:end]) in known["reports"] and known["fillers"].issuperset(head[end:])
        for start in agents
        for end in range(max(start + 1, len(head) - 1), len(head) + 1)  # with one article
    )


def _is_agent(head: Sequence[str]) -> bool:
    """Whether it is a program, or one word behind an article."""
    known = vocabulary().words
    if " ".join(head) in known["agents"]:
        return True
    *before, last = head
    is_thing = (
        last.isalpha()
        and last not in vocabulary().ordinals.keys() | known["not"] | known["contrasts"]
    )
    return bool(before) and is_thing and (known["fillers"] | known["owners"]).issuperset(before)


def _is_deed(head: Sequence[str]) -> bool:
    """Whether it is a verb of doing or choosing with its preposition: "you can do it with"."""
    known = vocabulary().words
    if len(head) < 2 or head[-1] not in known["prepositions"]:
        return False
    before = _subjects() | known["modals"] | known["fillers"]
    for start in range(len(head) - 1):
        for end in range(start + 1, len(head)):
            is_deed = " ".join(head[start:end]) in known["deeds"]
            if is_deed and known["fillers"].issuperset(head[end:-1]):
                return before.issuperset(head[:start])
    return False


def _is_modal(head: Sequence[str]) -> bool:
    """Whether it is a modal verb with another verb: "should print", "you could use"."""
    known = vocabulary().words
    head = head[1:] if head and head[0] in _subjects() else head
    if not head or head[0] not in first_of_modals():
        return False
    for start in range(1, len(head)):
        for end in range(start, len(head)):
            inner = known["fillers"].issuperset(head[start:end])
            is_modal = " ".join(head[:start]) in known["modals"]
            if is_modal and inner and " ".join(head[end:]) in known["verbs"]:
                return True
    return False


@functools.cache
def _subjects() -> frozenset[str]:
    """What may stand before a modal verb."""
    known = vocabulary().words
    return (known["persons"] | known["small"]) - known["modals"]


@functools.cache
def first_of_modals() -> frozenset[str]:
    """The first word of each modal verb."""
    return frozenset(modal.partition(" ")[0] for modal in vocabulary().words["modals"])
