"""What learners reported: the list, one report with the words around it if they are shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from tornado.web import HTTPError

from tutor_widget.dashboard.follow import topics
from tutor_widget.dashboard.roles import may_read, may_read_around, may_write, readable
from tutor_widget.server.store import Entry, Erased, Kept, Report

from .notices import LONGEST, fault_of, is_fresh, is_same, new_id, notice_id
from .page import Page

__all__ = ["OneReport", "Reports"]

_MOST: Final = 100
"""Reports on one page."""
_BEFORE: Final = 8
_AFTER: Final = 4
"""Events around a reported answer that belong to what is shared."""
Note = tuple[str, str]


class Reports(Page):
    """The list: those without an answer first, and the newest of each first."""

    tab = "reports"
    topics = (topics.REPORTS,)

    def get(self) -> None:
        mine = readable(self.teacher, reversed(self.desk.follower.reports))
        mine.sort(key=lambda report: report.state != "open")
        for report in mine[:_MOST]:
            if report.reason:
                desk, account = self.desk, report.account
                place = account, desk.session_of(report.key), report.event_id
                desk.note_look(self.teacher, "report shown", *place)
        self.show("reports", reports=mine[:_MOST], number=len(mine))


class OneReport(Page):
    """One report, and the form for an answer to it."""

    tab = "reports"

    async def get(self, key: str, event_id: str) -> None:
        await self._show(self._report(int(key), event_id))

    async def post(self, key: str, event_id: str) -> None:
        report = self._report(int(key), event_id)
        if not may_write(self.teacher, report):
            raise HTTPError(403, reason="read_only")
        match self.get_body_argument("how", ""):
            case "answer":
                await self._answer(report)
            case "close":
                await self._settle(report, "closed")
            case "open":
                await self._settle(report, "open")
            case _:
                raise HTTPError(400)

    def _report(self, key: int, event_id: str) -> Report:
        for report in self.desk.follower.reports:
            if (report.key, report.event_id) == (key, event_id) and may_read(self.teacher, report):
                self.place = f"report-{key}-{event_id}"
                self.topics = (topics.REPORTS, topics.of(key))
                return report
        raise HTTPError(404, reason="no_report")

    async def _show(
        self, report: Report, status: int = 200, notes: Sequence[Note] = (), **form: str
    ) -> None:
        entries = await self._entries(report)
        if entries is None:
            raise HTTPError(410, reason="erased")
        desk = self.desk
        name = desk.session_of(report.key)
        place = report.account, name, report.event_id
        desk.note_look(self.teacher, "report looked at", *place)
        self.show(
            "report",
            status,
            report=report,
            reported=report.event_id,
            entries=entries,
            notes=notes,
            form={"id": new_id(), "text": ""} | form,
            may_write=may_write(self.teacher, report),
            longest=LONGEST,
        )

    async def _entries(self, report: Report) -> Sequence[Entry] | None:
        """The reported answer, and what is around it if its learner shares that."""
        found = await self.desk.store.find(report.key, report.event_id)
        if not isinstance(found, Kept):
            return None
        is_shared = may_read_around(self.teacher, report)
        before, after = (_BEFORE, _AFTER) if is_shared else (0, 0)
        first = max(0, found.event.seq - before - 1)
        entries = await self.desk.store.entries(report.key, first, found.event.seq - first + after)
        return None if isinstance(entries, Erased) else entries

    async def _answer(self, report: Report) -> None:
        text, notice = self.typed("text"), notice_id(self.get_body_argument("id", ""))
        if fault := fault_of(text):
            note = self.note(fault, n=len(text), most=LONGEST)
            await self._show(report, 422, [note], id=notice, text=text)
            return
        desk = self.desk
        write = desk.store.notice(
            report.key, notice, self.teacher.name, text, answers=report.event_id
        )
        noted = self._audit(report, "report answered", is_fresh)
        kept = await desk.written(report.key, write, noted)
        if isinstance(kept, Erased):
            raise HTTPError(410, reason="erased")
        if not is_same(kept, text):
            await self._show(report, 409, [self.note("errors.sent_otherwise")], text=text)
            return
        self._back(report, "answered" if kept.fresh else "sent_before")

    async def _settle(self, report: Report, state: Any) -> None:
        desk = self.desk
        write = desk.store.settle_report(report.key, report.event_id, state)
        noted = self._audit(report, "report settled", _is_true, state=state)
        settled = await desk.written(report.key, write, noted)
        if isinstance(settled, Erased):
            raise HTTPError(410, reason="erased")
        self._back(report, state)

    def _audit(
        self, report: Report, what: str, has_happened: Callable[[Any], bool], **more: object
    ) -> Callable[[object], None]:
        """What writes the line of the audit, if the write's result says that it has happened."""
        name = self.desk.session_of(report.key)

        def noted(result: object) -> None:
            if has_happened(result):
                self.desk.note_deed(self.teacher, what, report.account, name, **more)

        return noted

    def _back(self, report: Report, said: str) -> None:
        base = self.desk.base
        self.redirect(f"{base}reports/{report.key}/{report.event_id}?said={said}", status=303)


def _is_true(result: object) -> bool:
    return result is True
