"""The three pages. `roles` says of which groups a teacher sees figures."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from tutor_widget.dashboard.figures import LEAST
from tutor_widget.dashboard.follow import topics
from tutor_widget.dashboard.roles import figures_of, groups_of, may_read
from tutor_widget.dashboard.web.page import Page
from tutor_widget.server.store import Listed

from .rows import OUTCOMES, concepts, lessons_of, others_of, wrong_answers

__all__ = ["Class", "Concepts", "Misconceptions"]

W = TypeVar("W")


class _Figures(Page):
    """A page of published figures, of all her groups or of one."""

    topics: tuple[str, ...] = (topics.FIGURES,)

    def get(self) -> None:
        group = self.get_query_argument("group", "")[:255]
        groups = groups_of(self.teacher, self.desk.follower.directory.groups())
        is_unknown = bool(group) and group not in groups
        notes = [self.note("errors.unknown_group", group=group)] if is_unknown else []
        seen = figures_of(self.teacher) if not group else frozenset() if is_unknown else {group}
        self.show(
            self.tab,
            404 if is_unknown else 200,
            group=group,
            groups=groups,
            least=LEAST,
            outcomes=OUTCOMES,
            fault=self.desk.lessons_fault,
            notes=notes,
            decimal=self.words.decimal,
            **self.figures(seen),
        )

    def figures(self, groups: Collection[str] | None) -> dict[str, Any]:
        """What the template shows of these groups; None: of all learners."""
        raise NotImplementedError


class Class(_Figures):
    """Where the class is, and who needs somebody now."""

    tab = "class"
    topics = (topics.FIGURES, topics.WAITING, topics.BUDGETS)

    def figures(self, groups: Collection[str] | None) -> dict[str, Any]:
        desk = self.desk
        page = desk.figures.page(groups)
        follower = desk.follower
        waits = self._mine(groups, ((wait.key, wait) for wait in follower.waits.all()))
        budgets = follower.budgets.all(int(time.time() * 1000))
        lessons = lessons_of(desk.figures.lessons, page.steps)
        return {
            "lessons": lessons,
            "others": others_of(desk.figures.lessons, lessons),
            "titles": {name: lesson.title for name, lesson in desk.figures.lessons.items()},
            "concepts": concepts(page.concepts, page.steps),
            "total": page.total,
            "errors": [(row, row.counts.errors) for row in page.steps if row.counts.errors],
            "waiting": sum(wait.messages > 0 for _, wait in waits),
            "held": sum(wait.is_held for _, wait in waits),
            "failed": sum(wait.messages == 0 for _, wait in waits),
            "budgets": self._mine(groups, ((budget.key, budget) for budget in budgets)),
            "may_read_all": lambda listed: desk.may_read_all(self.teacher, listed),
        }

    def _mine(
        self, groups: Collection[str] | None, found: Iterable[tuple[int, W]]
    ) -> list[tuple[Listed, W]]:
        """Of single conversations those that she may see, in these groups."""
        directory = self.desk.follower.directory
        known = ((directory.get(key), one) for key, one in found)
        return [
            (listed, one)
            for listed, one in known
            if listed is not None
            and may_read(self.teacher, listed)
            and (groups is None or not listed.groups.isdisjoint(groups))
        ]


class Misconceptions(_Figures):
    """What many get wrong in the same way, and the entry of the lesson that meets it."""

    tab = "misconceptions"

    def figures(self, groups: Collection[str] | None) -> dict[str, Any]:
        figures = self.desk.figures
        return {"steps": wrong_answers(figures.lessons, figures.misconceptions(groups))}


class Concepts(_Figures):
    """What is understood with help at hand, beside what is without."""

    tab = "concepts"

    def figures(self, groups: Collection[str] | None) -> dict[str, Any]:
        page = self.desk.figures.page(groups)
        return {"concepts": concepts(page.concepts, page.steps)}
