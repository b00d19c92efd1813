"""A teacher's words into a conversation: exactly once, however often the form is sent."""

from __future__ import annotations

import re
import secrets
from typing import Final

from tornado.web import HTTPError

from tutor_widget.server.store import Erased, Kept
from tutor_widget.wire import is_blank

__all__ = ["LONGEST", "fault_of", "is_fresh", "is_same", "new_id", "notice_id"]

LONGEST: Final = 32_768
"""Code points of a text: as many as a learner may write."""
_ID: Final = re.compile(r"_teacher-[0-9a-f]{32}")


def new_id() -> str:
    """The id of a notice that is to be written. The form holds it, so that a form that is sent
    again, also to another process after a crash, writes nothing again."""
    return f"_teacher-{secrets.token_hex(16)}"


def notice_id(given: str) -> str:
    """The id that a form holds. Raises HTTPError for one that no form of ours held."""
    if _ID.fullmatch(given) is None:
        raise HTTPError(400)
    return given


def fault_of(text: str) -> str:
    """What is wrong with a text, as a path of the dashboard's words; "" if nothing is."""
    if is_blank(text):
        return "errors.blank"
    return "errors.too_long" if len(text) > LONGEST else ""


def is_fresh(kept: Kept | Erased) -> bool:
    """Whether a notice was written by this form, now."""
    return isinstance(kept, Kept) and kept.fresh


def is_same(kept: Kept, text: str) -> bool:
    """Whether the notice that has the id is this one: not, if a form was changed and sent again."""
    return kept.event.text == text
