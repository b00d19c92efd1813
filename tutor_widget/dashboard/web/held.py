"""Answers that wait for a person, and the three ways to let one go."""

from __future__ import annotations

from typing import Final

from tornado.web import HTTPError

from tutor_widget.dashboard.follow import topics
from tutor_widget.dashboard.roles import may_write, readable
from tutor_widget.server.store import Answered, Erased, HeldAnswer
from tutor_widget.wire import is_blank

from .notices import LONGEST, fault_of
from .page import Page

__all__ = ["Held", "Release"]

_WHY: Final = ("all", "guard", "unsure", "reported")
_MOST: Final = 50
"""Answers on one page: those that wait longest."""
_HOW: Final = ("release", "edit", "other")


class _HeldPage(Page):
    tab = "held"
    topics = (topics.HELD,)

    def show_list(
        self, status: int = 200, notes: list[tuple[str, str]] | None = None, **kept: str
    ) -> None:
        """The list. ``kept``: the text that was typed, in which field of which answer."""
        waiting = readable(self.teacher, self.desk.follower.held)
        answers = waiting[:_MOST]
        for answer in answers:
            place = answer.account, answer.name, answer.re
            self.desk.note_look(self.teacher, "held answer shown", *place)
        self.show(
            "held",
            status,
            answers=answers,
            number=len(waiting),
            notes=notes or [],
            kept=kept,
            may_write=lambda answer: may_write(self.teacher, answer),
            may_read_all=lambda answer: self.desk.may_read_all(self.teacher, answer),
            why_of=_why,
            longest=LONGEST,
        )


def _is_stopped(answered: Answered) -> bool:
    """Whether the learner has pressed Stop: then the answer is empty, whatever a teacher sent."""
    return answered.event.status == "stopped"


def _why(answer: HeldAnswer) -> str:
    why = answer.record.get("held")
    return why if why in _WHY else "all"


class Held(_HeldPage):
    """The list of those that this teacher may see."""

    def get(self) -> None:
        self.show_list()


class Release(_HeldPage):
    """Lets one answer go. The first teacher wins, and every other is told by whom it went."""

    async def post(self, key: str, re: str) -> None:
        number = int(key)
        text, how = self.typed("text"), self.get_body_argument("how", "")
        if how not in _HOW:
            raise HTTPError(400)
        held = self._held(number, re)
        if held is None:
            await self._too_late(number, re, text)
            return
        if not may_write(self.teacher, held):
            raise HTTPError(403, reason="read_only")
        if how != "release" and (fault := fault_of(text)):
            note = self.note(fault, n=len(text), most=LONGEST)
            self.show_list(422, [note], at=f"{key}-{re}", field=how, text=text)
            return
        await self._release(held, None if how == "release" or text == held.text else text)

    def _held(self, key: int, re: str) -> HeldAnswer | None:
        mine = readable(self.teacher, self.desk.follower.held)
        return next((each for each in mine if (each.key, each.re) == (key, re)), None)

    async def _release(self, held: HeldAnswer, text: str | None) -> None:
        desk = self.desk
        write = desk.store.approve(held.key, held.re, text, by=self.teacher.name)
        edited = text is not None

        def noted(answered: Answered | Erased | None) -> None:
            if isinstance(answered, Answered) and not _is_stopped(answered):
                what, account, name = "held answer released", held.account, held.name
                desk.note_deed(self.teacher, what, account, name, edited=edited)

        match await desk.written(held.key, write, noted):
            case Answered() as answered if _is_stopped(answered):
                self._gone("errors.stopped", text or "")
            case Answered():
                said = "edited" if edited else "released"
                self.redirect(f"{desk.base}held?said={said}", status=303)
            case Erased():
                self._gone("errors.erased", text or "")
            case None:
                await self._too_late(held.key, held.re, text or "")

    async def _too_late(self, key: int, re: str, text: str) -> None:
        """Say by whom it went, or that there never was such an answer."""
        listed = self.desk.follower.directory.get(key)
        if listed is None or not readable(self.teacher, [listed]):
            raise HTTPError(404)
        answer = await self.desk.answer_to(key, re)
        if answer is None:
            self._gone("errors.not_held", text)
            return
        approved = answer[1].get("approved")
        by = approved.get("by") if isinstance(approved, dict) else None
        self._gone("errors.released_by" if by else "errors.released_itself", text, by=str(by))

    def _gone(self, fault: str, text: str, **args: str) -> None:
        text = "" if is_blank(text) else text
        self.show_list(409, [self.note(fault, **args)], lost=text)
