"""One message of the learner, as the queue, the journal and the page know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

MessageStatus = Literal["saving", "queued", "sent", "withdrawing", "failed"]

Sharing = dict[str, str | bool]
"""What went along with a message: ``cell`` (True), ``error`` (its name). No more."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the learner.

    ``at`` in Unix ms. ``transmitted``: a server may have it. ``account``: the account that it
    belongs to; None: no welcome has named one yet. ``code`` says why it failed; ``reason`` is what
    the server said of it, if it did.
    """

    id: str
    text: str
    at: int
    context: dict[str, Any] | None = None
    status: MessageStatus = "saving"
    reason: str = ""
    transmitted: bool = False
    account: str | None = None
    code: str = ""


def sharing(context: dict[str, Any]) -> Sharing:
    """Summarise a valid context."""
    shared: Sharing = {}
    if context.get("cell") is not None:
        shared["cell"] = True
    if context.get("error") is not None:
        shared["error"] = context["error"]["name"]
    return shared
