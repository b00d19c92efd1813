"""What the learner wrote or asked for, as the queue, the journal and the page know it."""

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
    the server said of it, if it did. ``rev`` is the revision of the session's state that was shown
    when it was written; None: none was.
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
    rev: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the learner asks of the conversation: to report an answer, or to erase all of it.

    ``id`` names the request, ``event`` the tutor's message that is reported, with its ``seq`` and
    the ``epoch`` of its log (None: not known for certain); ``text`` is the reason, and ``share``
    lets teachers read the conversation around it. ``at`` and ``account`` are those of a `Message`.
    """

    id: str
    op: Literal["report", "erase"]
    at: int
    event: str = ""
    seq: int = 0
    epoch: str | None = None
    text: str = ""
    account: str | None = None
    share: bool = False


Entry = Message | Request
"""What a journal holds."""


def sharing(context: dict[str, Any]) -> Sharing:
    """Summarise a valid context."""
    shared: Sharing = {}
    if context.get("cell") is not None:
        shared["cell"] = True
    if context.get("error") is not None:
        shared["error"] = context["error"]["name"]
    return shared
