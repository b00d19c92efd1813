"""What must hold for the logs: after each commit, and when everything has recovered."""

from __future__ import annotations

from collections import Counter

from simulator.nodes.checks.verdict import Verdict
from simulator.nodes.memory.database import Database
from simulator.nodes.memory.sessions import Session
from tutor_widget.server.store import Claim
from tutor_widget.wire import Event

__all__ = ["CommitChecks"]

ATTEMPTS = 3
"""After so many attempts have died, the answer is failed (protocol.md §4)."""


class CommitChecks:
    """Checks the logs of all sessions."""

    def __init__(self, database: Database, verdict: Verdict) -> None:
        self._database = database
        self._verdict = verdict
        self._newest: Counter[tuple[int, str]] = Counter()
        """By session and client: the number of its newest committed message."""

    def released(self, claim: Claim, counts: bool) -> None:
        """A node has given a claim back: it lives, so the attempt has not died."""
        with self._verdict.judging():
            assert not counts, f"an attempt at {claim.message.id} was given back, and counts"

    def committed(self, session: Session, event: Event) -> None:
        self._database.record(f"{session.account}/{session.name}: {event}")
        with self._verdict.judging():
            self._check(session, event)

    def _check(self, session: Session, event: Event) -> None:
        assert event.id not in session.withdrawn, "withdrawn, and committed"
        if event.role == "learner":
            self._check_order(session, event)
        elif event.re is not None:
            self._check_answer(session, event)

    def _check_order(self, session: Session, event: Event) -> None:
        client, _, number = event.id.rpartition("-")
        if number.isdecimal():
            place = (session.key, client)
            assert int(number) >= self._newest[place], f"{event.id} was overtaken"
            self._newest[place] = int(number)

    def _check_answer(self, session: Session, event: Event) -> None:
        questions = [one.id for one in session.events if one.role == "learner"]
        answered = [one.re for one in session.events if one.re]
        assert sum(one == event.re for one in answered) == 1, "answered twice"
        assert answered == questions[: len(answered)], "answered out of order"
        counted = session.states[-1].get("answers", 0)
        made = sum(_is_counted(one, session) for one in session.events)
        assert counted == made, f"{made} answers, and a state of {counted}"
        if "broke off" in event.text:
            claims = self._database.claims.items()
            died = sum(key == session.key and id == event.re for (key, _), (id, _) in claims)
            assert died >= ATTEMPTS, f"given up after {died} attempts"


def _is_counted(event: Event, session: Session) -> bool:
    """Whether the tutor has counted this answer in the state, and the state was to be kept."""
    record = session.records.get(event.id, {})
    was_held_back = event.status == "stopped" and record.get("held", False)
    return record.get("counted", False) and event.status != "failed" and not was_held_back
