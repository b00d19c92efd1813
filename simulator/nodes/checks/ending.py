"""What must hold when the faults are over and everything has recovered."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.nodes.learner import Learner
from simulator.nodes.memory.database import Database

__all__ = ["is_answered", "unsettled"]


def is_answered(database: Database) -> bool:
    """Whether no message waits for its answer."""
    return not any(session.waiting for session in database.sessions.values())


def unsettled(learners: Iterable[Learner], database: Database) -> list[str]:
    """The learners that lack something, and what; but for those whose session was erased."""
    faults = {one.name: _missing(one, database) for one in learners if not one.is_gone}
    return [f"{name} {fault}" for name, fault in faults.items() if fault]


def _missing(learner: Learner, database: Database) -> str | None:
    log = database.named(learner.account, learner.session)
    if learner.welcome is None or log is None:
        return f"is not connected: {learner.ended_with}"
    if learner.drafts or learner.reports or learner.wants_erasure:
        return f"waits for {list(learner.drafts) or 'a report or a deletion'}"
    if learner.events != log.events[len(log.events) - len(learner.events) :]:
        return "has another log"
    if (learner.rev, learner.state) != (log.rev, log.states[-1]):
        return "has another state"
    lost = set(learner.typed) - learner.dropped - log.at.keys()
    return f"has lost {lost}" if lost else None
