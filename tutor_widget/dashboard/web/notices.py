"""A teacher's words into a conversation: exactly once, however often the form is sent."""

from __future__ import annotations

import re
import secrets
from typing import Final

from tornado.web import HTTPError

from tutor_widget.server.store import Erased, Kept, SessionKey
from tutor_widget.wire import is_blank

from .page import Note, Page

__all__ = ["LONGEST", "NoticePage", "fault_of", "new_id"]

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


class NoticePage(Page):
    """A page with a form for a notice."""

    async def show_form(self, status: int, note: Note, **form: str) -> None:
        """Show the page again: what is wrong, and what the form is to hold."""
        raise NotImplementedError

    async def write_notice(
        self, key: SessionKey, place: tuple[str, str], what: str, answers: str | None = None
    ) -> Kept | None:
        """Write what the form holds into the conversation. None if the page is shown again instead.

        ``place``: its account and its session's name; ``what``: the line of the audit; ``answers``:
        the reported event that it answers. Raises HTTPError if the conversation was erased.
        """
        text, notice = self.typed("text"), notice_id(self.get_body_argument("id", ""))
        if fault := fault_of(text):
            note = self.note(fault, n=len(text), most=LONGEST)
            await self.show_form(422, note, id=notice, text=text)
            return None

        def noted(kept: Kept | Erased) -> None:
            if isinstance(kept, Kept) and kept.fresh:
                self.desk.note_deed(self.teacher, what, *place)

        write = self.desk.store.notice(key, notice, self.teacher.name, text, answers=answers)
        kept = await self.desk.written(key, write, noted)
        if isinstance(kept, Erased):
            raise HTTPError(410, reason="erased")
        if kept.event.text != text:  # the form was changed, and sent again
            await self.show_form(409, self.note("errors.sent_otherwise"), text=text)
            return None
        return kept
