"""What learners reported: the list, one report with the words around it if they are shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tornado.web import HTTPError

from tutor_widget.dashboard.follow import topics
from tutor_widget.dashboard.roles import may_read, may_read_around, may_write, readable
from tutor_widget.server.store import Entry, Erased, Kept, Report, ReportState

from .notices import LONGEST, NoticePage, new_id
from .page import Note, Page

__all__ = ["OneReport", "Reports"]

_MOST: Final = 100
"""Reports on one page."""
_BEFORE: Final = 8
_AFTER: Final = 4
"""Events around a reported answer that belong to what is shared."""


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


class OneReport(NoticePage):
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
        self._to = report
        what = "report answered"
        kept = await self.write_notice(report.key, self._place(report), what, report.event_id)
        if kept is not None:
            self._back(report, "answered" if kept.fresh else "sent_before")

    async def show_form(self, status: int, note: Note, **form: str) -> None:
        await self._show(self._to, status, [note], **form)

    async def _settle(self, report: Report, state: ReportState) -> None:
        desk, place = self.desk, self._place(report)
        write = desk.store.settle_report(report.key, report.event_id, state)

        def noted(settled: bool | Erased) -> None:
            if settled is True:
                desk.note_deed(self.teacher, "report settled", *place, state=state)

        settled = await desk.written(report.key, write, noted)
        if isinstance(settled, Erased):
            raise HTTPError(410, reason="erased")
        self._back(report, state)

    def _place(self, report: Report) -> tuple[str, str]:
        return report.account, self.desk.session_of(report.key)

    def _back(self, report: Report, said: str) -> None:
        base = self.desk.base
        self.redirect(f"{base}reports/{report.key}/{report.event_id}?said={said}", status=303)
