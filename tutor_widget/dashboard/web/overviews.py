"""The first page, and who waits."""

from __future__ import annotations

from typing import Final

from tutor_widget.dashboard.follow import topics
from tutor_widget.dashboard.follow.waiting import Wait
from tutor_widget.dashboard.roles import may_read
from tutor_widget.server.store import Listed

from .page import Page

__all__ = ["Home", "Waiting"]

_MOST: Final = 200
"""Rows of one page."""


class Home(Page):
    """The address of the dashboard."""

    def get(self) -> None:
        self.redirect(f"{self.desk.base}class")


class Waiting(Page):
    """Learners without an answer, who waits longest first; then those with a failed one."""

    tab = "waiting"
    topics = (topics.WAITING,)

    def get(self) -> None:
        rows = self._rows()
        shown, number = rows[:_MOST], len(rows)
        self.show("waiting", rows=shown, number=number, may_read_all=self._may_read_all)

    def _rows(self) -> list[tuple[Listed, Wait]]:
        follower = self.desk.follower
        found = ((follower.directory.get(wait.key), wait) for wait in follower.waits.all())
        return [(one, wait) for one, wait in found if one and may_read(self.teacher, one)]

    def _may_read_all(self, listed: Listed) -> bool:
        return self.desk.may_read_all(self.teacher, listed)
