"""What must hold when the faults are over and everything has recovered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from simulator.nodes.checks.frames import ConnectionChecks
from simulator.nodes.learner import Learner
from simulator.nodes.memory.database import Database

__all__ = ["is_answered", "unsettled"]


def is_answered(database: Database) -> bool:
    """Whether no message waits for its answer."""
    return not any(session.waiting for session in database.sessions.values())


def unsettled(
    learners: Iterable[Learner],
    database: Database,
    connections: Iterable[ConnectionChecks],
    most: int,
) -> list[str]:
    """What is not as it must be, of learners and of connections.

    Nothing of learners whose session was erased, and of those for whom there is no room: ``most``
    connections may share a session.
    """
    crowds = _crowds(connections)
    faults = list(_crowded(crowds, {one.name: one.dials for one in learners}, most))
    for one in learners:
        is_full = len(crowds[one.account, one.session]) >= most
        if one.is_gone or (is_full and one.ended_with == 4429):
            continue
        if fault := _missing(one, database):
            faults.append(f"{one.name} {fault}")
    return faults


Crowds = dict[tuple[str, str], list[tuple[str, int]]]


def _crowds(connections: Iterable[ConnectionChecks]) -> Crowds:
    """Instances and dials of the welcomed connections, by session."""
    crowds: Crowds = defaultdict(list)
    for one in connections:
        if one.session is not None and one.hello is not None:
            crowds[one.account, one.hello.session].append((one.hello.instance, one.hello.dial))
    return crowds


def _crowded(crowds: Crowds, newest: dict[str, int], most: int) -> Iterator[str]:
    for place, crowd in crowds.items():
        if len(crowd) > most:
            yield f"{place} has {len(crowd)} connections"
        for instance, dial in crowd:
            if dial != newest[instance]:
                yield f"connection {dial} of {instance} is open beside {newest[instance]}"


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
