"""What talk is about, which decides what is said to it: help, or a friendly line.

The words are in ``phrases``. Of several subjects, who needs help comes first.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final, Literal

from ..phrases import index, keys_of
from .asides import behind, core, without_emoticons
from .questions import is_lost, is_question

__all__ = ["Subject", "subject_of"]

Subject = Literal[
    "begging",  # for the answer
    "help",  # a question, or about the step; or somebody is lost, or gives up
    "standing",  # how many steps there are, and how many are solved
    "boredom",
    "frustration",
    "thanks",
    "parting",
    "greeting",
    "declining",  # "no"
    "rest",  # "ok", "haha"
    "chat",  # about anything else
    "unclear",
]

_FEELINGS: Final[dict[Subject, str]] = {"boredom": "boredom", "frustration": "frustration"}
_COURTESIES: Final[dict[Subject, str]] = {
    "thanks": "thanking", "parting": "parting", "greeting": "greetings",
}  # fmt: skip
_SMALL: Final = (
    "agreement", "boredom", "chatter", "frustration", "greetings", "openings", "parting", "persons",
    "thanking",
)  # fmt: skip
_EMPTY: Final = (
    "asks", "chatter", "common", "companions", "everyday", "fillers", "guess", "nouns", "openings",
    "persons", "polite", "small", "talk",
)  # fmt: skip
_TELLING: Final = ("everyday", "persons", "talk", "topics", "units")


def subject_of(text: str, own: Set[str] = frozenset()) -> Subject:
    """What a cleaned text that is talk is about. ``own``: the keys of the step's words."""
    text = without_emoticons(text, ())
    keys = keys_of(text)
    if index("standing").is_within(keys):
        return "standing"
    if _is_begging(keys):
        return "begging"
    if not keys:
        return "help" if "?" in text else "rest"
    if (
        index("pleading").covers(keys)
        or is_lost(text)
        or index("quitting").is_within(keys)
        or _is_puzzled(keys)
    ):
        return "help"
    if index("boredom").is_within(keys):
        return "boredom"
    if index(*_SMALL).covers(keys):
        return _small_talk(keys)
    if is_question(text):
        return "chat" if _is_personal(keys, own) else "help"
    subject = _small_talk(keys)
    return "help" if subject == "chat" and _is_of_the_step(keys, own) else subject


def _is_of_the_step(keys: Sequence[str], own: Set[str]) -> bool:
    """Whether words of the step are spoken of, and nothing in life: "the first one is 10"."""
    topics = index("topics", "units").places(keys)
    is_of_life = any(own.isdisjoint(keys[start:end]) for start, end in topics)
    known = index(*_EMPTY).words
    return not is_of_life and any(key in own and key not in known for key in keys)


def _small_talk(keys: Sequence[str]) -> Subject:
    if index("declining").covers(keys):
        return "declining"
    for subject, kind in (_FEELINGS | _COURTESIES).items():
        if index(kind).is_within(keys):
            return subject
    rest = core(keys)
    if not rest or index("agreement", "everyday").covers(rest):
        return "rest"
    return "chat" if index(*_TELLING).is_within(keys) else "unclear"


def _is_begging(keys: Sequence[str]) -> bool:
    """Whether it asks for the answer: "pleeease give me the answer", "just tell me"."""
    is_named = index("solutions").is_within(keys) and index("giving").is_within(keys)
    return is_named or index("begging").is_within(keys)


def _is_puzzled(keys: Sequence[str]) -> bool:
    """Whether it only says "what?"."""
    return any(index("puzzled").covers(part) and part for part in (keys, behind(keys, "openings")))


def _is_personal(keys: Sequence[str], own: Set[str]) -> bool:
    """Whether the tutor is asked about itself, or about something in life."""
    topics = index("topics").places(keys)
    is_of_life = any(own.isdisjoint(keys[start:end]) for start, end in topics)
    return is_of_life or index("personal").is_within(keys)
