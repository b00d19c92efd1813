"""How an answer fails, for the tutor and for the operator's log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["EndpointFailure", "Fault", "Kind", "Proof"]

Kind = Literal["busy", "set_up", "cut_off", "unusable", "resting"]
"""
busy        tried in vain before the first token: asking later may help
set_up      the endpoint does not take such requests: only the operator can help
cut_off     it failed after the first token (of content or of reasoning)
unusable    it answered, but with nothing that a learner can be shown
resting     it was not asked, because it has failed too often in a row
"""

Proof = Literal["fails", "works", "nothing"]
"""What an end says of the endpoint itself; ``nothing`` where the request or the set-up is at
fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one request ended without an answer."""

    kind: Kind
    why: str
    """In our own words: no word of the endpoint's, which may quote the key or the learner."""
    proof: Proof = "fails"
    again: bool = False
    """Whether another try may help."""
    after: float | None = None
    """Seconds that the endpoint asks to be left alone before it."""


class EndpointFailure(Exception):
    """The endpoint has given no whole answer. No text here is the endpoint's or the learner's."""

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind: Kind = kind
        self.reason = reason
        """For the operator's log."""
