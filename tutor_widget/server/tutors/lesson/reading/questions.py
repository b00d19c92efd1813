"""What asks the tutor something, and what says that somebody does not know or understand."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from ..phrases import index, keys_of, outside, read
from .asides import ASIDES, behind, core

__all__ = ["is_clause", "is_lost", "is_question", "reason_in"]

_BEFORE_A_REASON: Final = ("anaphors", "asks", "chatter", "fillers", "guess")


def is_question(text: str, own: Container[str] = ()) -> bool:
    """Whether it asks the tutor something. "Is it 8?" is an answer.

    ``own``: words of the step, which are no greeting: "good is 4" if a text there is "good".
    """
    keys = keys_of(text)
    rest = behind(keys, "openings", "chatter", kept=own)
    if index("question").length_at(rest) or _asks_within(keys):
        return True
    if text.rstrip().endswith("?") and reason_in(text):
        return True
    is_statement = max(index("fillers").length_at(rest), index("modals").length_at(keys)) > 1
    if len(rest) > 2 and index("asks").length_at(rest) and not is_statement:
        return not _is_offer(rest)
    ends = len(rest) > 1 and rest[-1] in index("question").single and rest[-1] not in own
    # "Twelve what", but not "a comment", which is French for how.
    return ends or (text.rstrip().endswith("?") and index("question").is_within(rest))


def reason_in(text: str) -> str:
    """The reason, where nothing but one is offered: "it's because 0 counts"; or ""."""
    tokens = read(text)
    keys = [token.key for token in tokens]
    start = len(keys) - len(behind(keys, *_BEFORE_A_REASON))
    count = index("because").length_at(keys, start)
    return text[tokens[start + count - 1].end :].strip() if count else ""


def is_clause(text: str) -> bool:
    """Whether it is a clause such as "when it is true", and not "when is it true"."""
    rest = behind(keys_of(text), *ASIDES)
    count = index("conjunctions").length_at(rest)
    is_turned = index("asks", "modals").length_at(rest, count) > 0
    return count > 0 and not is_turned and "?" not in text


def is_lost(text: str) -> bool:
    """Whether somebody does not know or understand."""
    return index("unknown", "unsure").is_within(keys_of(text))


def _asks_within(keys: Sequence[str]) -> bool:
    """Whether words that ask stand somewhere. In Chinese, "nothing" has such words."""
    return bool(outside(index("asking").places(keys), index("outcomes").places(keys)))


def _is_offer(keys: Sequence[str]) -> bool:
    """Whether a question of yes or no only offers a number or letter: "is 8 right?"."""
    offered = core(behind(keys, "asks", "common"))
    return len(offered) == 1 and (offered[0].isdecimal() or len(offered[0]) == 1)
