"""Learners who type in real chats, in a process that may be killed; and the check of the log.

Each learner has a ledger on the disk: ``said 7`` before message 7 is handed to the chat, ``queued
7`` once the chat shows it as queued, which promises that it is safe. Ledgers survive a kill as
files do. Afterwards `compare` holds them against the database itself.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tutor_widget import TutorChat
from tutor_widget.client import client
from tutor_widget.client.loop import call_on_loop
from tutor_widget.session import effects as do

Views = dict[str, list[list[Any]]]
"""Of each session: sequence number and id of each event that its learner sees."""
HELD = 60
"""Events that each chat holds: few, so that memory is level from the first minutes on."""


class Learner:
    """One chat and its ledger."""

    def __init__(self, url: str, session: str, folder: Path, room: Room) -> None:
        self.session = session
        self._room = room
        path = folder / f"{session}.ledger"
        self._queued = set(read_ledger(path).queued)
        self._next = len(read_ledger(path).said)
        self._ledger = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.open(url)

    def open(self, url: str) -> None:
        """Open the chat, and have `changed` called."""
        self.chat = TutorChat(url, session=self.session)
        call_on_loop(lambda: self.client.listen(self.changed))

    @property
    def client(self) -> client.Client:
        return self.chat._client

    def type(self) -> None:
        """Type one more message."""
        number, self._next = self._next, self._next + 1
        self._note("said", number)
        self.say(words(self.session, number))

    def say(self, text: str) -> None:
        """Hand a message to the chat."""
        self.chat.say(text)

    @property
    def unsettled(self) -> str:
        """What is wrong in a chat at rest, or ""; call it on the loop."""
        machine = self.client.session
        transcript = machine.transcript
        if machine.status != "connected" or self.client.warning:
            return f"{machine.phase} {self.client.warning}"
        if machine.outgoing.messages or transcript.reply is not None:
            return f"{list(machine.outgoing.messages.values())[:2]} {transcript.reply}"
        open_ = [e.id for e in transcript.events if e.role == "learner" and not answered(e, self)]
        return f"unanswered: {open_}" if open_ else ""

    def view(self) -> list[list[Any]]:
        """What the learner sees: sequence number and id of each event of the trait."""
        return [[item["seq"], item["id"]] for item in self.chat.history]

    def changed(self, changes: list[do.Change]) -> None:
        """Take the changes of the chat; called on the loop."""
        for message in self.client.session.outgoing.messages.values():
            number = number_in(message.text)
            if message.status != "saving" and number not in self._queued:
                self._queued.add(number)
                self._note("queued", number)
                self._room.queued()
        self._room.heard(changes)

    def _note(self, what: str, number: int) -> None:
        os.write(self._ledger, f"{what} {number}\n".encode())


class Room:
    """The learners of one process. One of them, at random, types at a time."""

    def __init__(
        self,
        url: str,
        sessions: list[str],
        folder: str,
        *,
        seed: int,
        every: float,
        kind: type[Learner] = Learner,
    ) -> None:
        """``every``: seconds between two messages of one learner, on average."""
        client.BOUND = HELD  # type: ignore[misc]
        self._chance = random.Random(seed)
        self._every = every / len(sessions)
        self._news = threading.Condition()
        self._stirred = threading.Event()
        self._committed = 0
        self._queued = 0
        self._typing = threading.Event()
        self._rests = threading.Event()
        self._rests.set()
        self.learners: Sequence[Learner] = [
            kind(url, name, Path(folder), self) for name in sessions
        ]
        threading.Thread(target=self._type_forever, daemon=True).start()

    def go(self) -> None:
        """Let the learners type."""
        self._typing.set()

    def pause(self) -> None:
        """Stop the typing; returns when it has stopped."""
        self._typing.clear()
        self._rests.wait()

    def wait_for_news(self, count: int, patience: float) -> int:
        """Wait for that many more events; returns how many came."""
        with self._news:
            until = self._committed + count
            self._news.wait_for(lambda: self._committed >= until, patience)
            return self._committed - until + count

    def wait_for_queued(self, count: int, patience: float = 60.0) -> None:
        """Wait until that many more messages are shown as queued."""
        with self._news:
            until = self._queued + count
            assert self._news.wait_for(lambda: self._queued >= until, patience)

    def rest(self, patience: float) -> list[str]:
        """Stop the typing and wait until all is settled; returns what is not."""
        self.pause()
        deadline = time.monotonic() + patience
        while call_on_loop(self._is_unsettled) and time.monotonic() < deadline:
            self._stirred.wait(1)
            self._stirred.clear()
        return self._all_unsettled()

    def views(self) -> Views:
        """What each learner sees."""
        return {learner.session: learner.view() for learner in self.learners}

    def nudge(self) -> None:
        """Each learner presses "Reconnect now"."""
        for learner in self.learners:
            learner.chat.reconnect()

    def queued(self) -> None:
        """A learner's chat shows one more message as queued; called on the loop."""
        with self._news:
            self._queued += 1
            self._news.notify_all()

    def heard(self, changes: list[do.Change]) -> None:
        """Take the changes of a learner's chat; called on the loop."""
        with self._news:
            self._committed += sum(isinstance(change, do.Committed) for change in changes)
            self._news.notify_all()
        self._stirred.set()

    def _is_unsettled(self) -> bool:
        return any(one.unsettled for one in self.learners)

    def _all_unsettled(self) -> list[str]:
        return call_on_loop(
            lambda: [f"{one.session}: {one.unsettled}" for one in self.learners if one.unsettled]
        )

    def _type_forever(self) -> None:
        pace, due = threading.Event(), 0.0
        while True:
            self._typing.wait()
            self._rests.clear()
            if self._typing.is_set():
                self._chance.choice(self.learners).type()
            self._rests.set()
            # On a busy machine, what is late is made up for: a second of it at most.
            due = max(due, time.monotonic() - 1) + self._chance.uniform(0, 2 * self._every)
            pace.wait(max(0.0, due - time.monotonic()))


def answered(event: Any, learner: Learner) -> bool:
    """Whether the chat holds the answer."""
    return learner.client.session.transcript.answers(event.id)


def words(session: str, number: int) -> str:
    """What a learner types as message ``number``."""
    return f"{number} of {session}: {'and so on, ' * (number % 7)}that is all"


def number_in(text: str) -> int:
    return int(text.partition(" ")[0])


# --- the check of the log --------------------------------------------------------------------


@dataclass
class Ledger:
    """Numbers of messages, in the order of typing."""

    said: list[int] = field(default_factory=list)
    queued: list[int] = field(default_factory=list)


def read_ledger(path: Path) -> Ledger:
    """The ledger in the file; empty if there is none."""
    ledger = Ledger()
    with contextlib.suppress(FileNotFoundError):
        for line in path.read_text().splitlines():
            what, number = line.split()
            getattr(ledger, what).append(int(number))
    return ledger


@dataclass
class Account:
    """The result for all messages. Only the first three numbers and ``given_up`` may be above 0."""

    learners: int = 0
    messages: int = 0
    unsafe: int = 0
    """Lost before the chat showed them as queued, at the moment of a kill."""
    given_up: int = 0
    """Answers that failed because the server died three times over them."""
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    altered: int = 0
    unanswered: int = 0
    answered_twice: int = 0
    holes: int = 0
    wrong_views: int = 0

    @property
    def is_right(self) -> bool:
        """Whether every guarantee is kept."""
        faults = (self.lost, self.doubled, self.reordered, self.altered, self.unanswered)
        return not any((*faults, self.answered_twice, self.holes, self.wrong_views))


def unanswered(database: Path) -> int:
    """How many messages the server has that wait for their answers."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        (count,) = db.execute("SELECT count(*) FROM waiting").fetchone()
    return int(count)


LOGS: Final = (
    "SELECT name, seq, id, role, text, status, re FROM events JOIN sessions ON key = session"
    " ORDER BY name, seq"
)
"""What `compare_logs` needs of a database, whatever its engine."""


def compare(database: Path, folder: Path, views: Views) -> Account:
    """Compare the ledgers of the folder, and what learners see, with the server's SQLite file."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        return compare_logs(db.execute(LOGS), folder, views)


def compare_logs(rows: Iterable[Sequence[Any]], folder: Path, views: Views) -> Account:
    """The same with the rows that `LOGS` has found."""
    logs: dict[str, list[Sequence[Any]]] = {}
    for name, *row in rows:
        logs.setdefault(name, []).append(row)
    account = Account()
    for path in sorted(folder.glob("*.ledger")):
        events = logs.get(path.stem, [])
        _compare_one(path.stem, read_ledger(path), events, account)
        view = views.get(path.stem, [])
        log = [[seq, id] for seq, id, *_ in events]
        account.wrong_views += view != log[len(log) - len(view) :]
    return account


def _compare_one(
    name: str, ledger: Ledger, rows: Sequence[Sequence[Any]], account: Account
) -> None:
    asked = {id: text for _, id, role, text, *_ in rows if role == "learner"}
    numbers = [number_in(text) for text in asked.values()]
    answers = Counter(re for *_, re in rows if re is not None)
    account.learners += 1
    account.messages += len(numbers)
    account.holes += [row[0] for row in rows] != list(range(1, len(rows) + 1))
    account.lost += len(set(ledger.queued) - set(numbers))
    account.unsafe += len(set(ledger.said) - set(ledger.queued) - set(numbers))
    account.doubled += len(numbers) - len(set(numbers))
    account.reordered += sum(a > b for a, b in itertools.pairwise(numbers))
    account.altered += sum(text != words(name, number_in(text)) for text in asked.values())
    account.unanswered += len(asked.keys() - answers.keys())
    account.answered_twice += sum(answers.values()) - len(answers)
    for *_, text, status, re in rows:
        if re is not None:
            account.given_up += status == "failed"
            account.altered += status == "complete" and text != asked.get(re)
