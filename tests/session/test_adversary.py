"""What must hold for two clients whatever server, journal, clock and people do.

The server is honest or not, names one account, another or none, and breaks off at any time. The
second client may be handed what the first has of an account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from tests.support.driven_client import DrivenClient
from tests.support.driver import LOST, closed, event, http, welcome
from tutor_widget import wire, words
from tutor_widget.errors import NotFound, Refused
from tutor_widget.session import Ending, Kind, Message, Phase
from tutor_widget.session import events as ev
from tutor_widget.session.machine import ANYWHERE, TRANSITIONS
from tutor_widget.session.phase import CONNECTED, DIALLED

ACCOUNTS = (None, "A", "B")
ENDINGS = (
    LOST,
    *map(closed, (1000, 1002, 1009, 1011, 1012, 4401, 4404, 4410, 4429)),
    *map(http, (401, 404, 429, 503)),
    http(503, 700.0),
    Ending(Kind.BROKEN, 1002, "no type"),
    Ending(Kind.UNRESOLVED),
    Ending(Kind.CERTIFICATE, detail="self-signed"),
    Ending(Kind.MALFORMED),
    Ending(Kind.TOKEN),
    Ending(Kind.NO_SUBPROTOCOL),
)
CATALOGUE = words.catalogue("en")
Choose = Callable[[Random], Any]


class Adversary:
    """Two clients, and all that may happen to them. Each action is one method."""

    def __init__(self, random: Random) -> None:
        self.clients = [DrivenClient(), DrivenClient()]
        self.logs = {account: [event(1), event(2)] for account in ACCOUNTS}
        self.sent_to: dict[str, set[str]] = {}
        """To which accounts a message was sent, if it was not refused since."""
        self.typed = 0
        self.met: Counter[tuple[Phase, type]] = Counter()
        self.random = random

    def _happens(self, client: DrivenClient, happened: ev.Happened, after: float = 0.0) -> None:
        session = client.driver.session
        self.met[session.phase, type(happened)] += 1
        before = dict(session.outgoing.messages)
        for send in client.happens(happened, after):
            self._check_send(client, send)
        if isinstance(happened, ev.Received) and isinstance(happened.frame, wire.Refused):
            self.sent_to.pop(happened.frame.id, None)
        gone = before.keys() - session.outgoing.messages.keys()
        assert not gone - client.page.settled, "a message left the queue without a word"

    def _check_send(self, client: DrivenClient, send: wire.Send) -> None:
        session = client.driver.session
        account = session.account
        assert session.phase is Phase.LIVE
        message = session.outgoing.messages[send.id]
        assert message.account == account, "sent to another account"
        kept = [c.disk[send.id].account for c in self.clients if send.id in c.disk]
        assert kept, "sent before it was durable"
        assert account in kept, "sent before its account was durable"
        if account is not None:
            accounts = self.sent_to.setdefault(send.id, set())
            accounts.add(account)
            assert len(accounts) == 1, "in the logs of two accounts"

    # --- people ---------------------------------------------------------------------------------

    def time_passes(self, who: int, after: float) -> None:
        client = self.clients[who]
        self._happens(client, ev.Ticked(), after)
        if client.pings and client.is_open:
            client.pings -= 1
            self._happens(client, ev.Pinged(client.driver.session.dial, 1000))

    def the_alarm_rings(self, who: int) -> None:
        """At the time that the session named; it may not name a time that has come."""
        client = self.clients[who]
        if (at := client.driver.session.wake_at) is None:
            return
        self._happens(client, ev.Ticked(), max(0.0, at - client.driver.now))
        then = client.driver.session.wake_at
        if then is not None and then <= client.driver.now:  # a wait of no time is one
            assert client.driver.session.phase is Phase.WAITING

    def the_program_leaves(self, who: int) -> None:
        client = self.clients[who]
        self._happens(client, ev.Left())
        client.is_open = False

    def somebody_nudges(self, who: int, by: ev.Nudge) -> None:
        self._happens(self.clients[who], ev.Nudged(by))

    def somebody_types(self, who: int, count: int, is_slow: bool) -> None:
        for _ in range(count):
            id = f"m{self.typed}"
            self.typed += 1
            with suppress(Refused):  # in a conversation that is deleted
                self._happens(self.clients[who], ev.Typed(id, "hello", 0, {"cell": "1 + 1"}))
        if not is_slow:
            self.the_journal_writes(who)

    def somebody_changes_his_mind(
        self, who: int, which: int, verb: type[ev.Discarded | ev.Retried | ev.Stopped]
    ) -> None:
        with suppress(NotFound, Refused):
            self._happens(self.clients[who], verb(f"m{which}"))

    def somebody_reports_an_answer(self, who: int, which: int, is_slow: bool) -> None:
        event = ev.ReportRequested(f"r{self.typed}", f"_e{which}", "rude", 0)
        self._somebody_requests(who, event, is_slow)

    def somebody_deletes_the_conversation(self, who: int, is_slow: bool) -> None:
        self._somebody_requests(who, ev.ErasureRequested(f"r{self.typed}", 0), is_slow)

    def _somebody_requests(
        self, who: int, event: ev.ReportRequested | ev.ErasureRequested, is_slow: bool
    ) -> None:
        self.typed += 1
        with suppress(NotFound, Refused):
            self._happens(self.clients[who], event)
        if not is_slow:
            self.the_journal_writes(who)

    def the_page_names_its_language(self, who: int) -> None:
        self._happens(self.clients[who], ev.LanguageChosen("de"))

    def older_events_are_wanted(self, who: int, limit: int) -> None:
        self._happens(self.clients[who], ev.OlderRequested(limit))

    # --- the journal ----------------------------------------------------------------------------

    def the_journal_writes(self, who: int) -> None:
        client = self.clients[who]
        written, client.saving = client.saving, {}
        client.disk |= written
        self._happens(client, ev.Saved(tuple(written)))

    def another_process_may_have_the_journal(self, who: int) -> None:
        self._happens(self.clients[who], ev.Orphaned())

    def a_journal_is_adopted(self, who: int, account: str | None) -> None:
        client = self.clients[who]
        message = Message(f"m{self.typed}", "hello", 0, account=account)
        self.typed += 1
        client.disk[message.id] = message
        if account is not None:
            self.sent_to[message.id] = {account}
        self._happens(client, ev.Loaded((message,)))

    def the_account_of_an_earlier_process_is_recalled(self, who: int, account: str | None) -> None:
        self._happens(self.clients[who], ev.AccountRecalled(account))

    def a_part_is_handed_over(self, who: int) -> None:
        """As `client.claim_from` does; the older forgets only what the newer has saved."""
        newer, older = self.clients[who], self.clients[1 - who]
        account = newer.driver.session.account
        if account is None or older.driver.session.account == account:
            return
        part = older.driver.session.outgoing.part(account)
        requests = older.driver.session.requests.of(account)
        self._happens(newer, ev.Inherited(part, tuple(requests)))
        self.the_journal_writes(who)
        self.the_journal_writes(who)  # what has changed since
        ids = (*part.messages, *(request.id for request in requests))
        safe = tuple(id for id in ids if id in newer.disk)
        self._happens(older, ev.HandedOver(safe))

    # --- the server -----------------------------------------------------------------------------

    def a_connection_is_made(self, who: int, account: str | None, limit: int, count: int) -> None:
        """To an honest server, of whose welcome and replay so many frames arrive at once."""
        client = self.clients[who]
        session = client.driver.session
        match session.phase:
            case Phase.IDLE | Phase.CLOSED:
                self._happens(client, ev.Started())
            case Phase.FAILED:
                self._happens(client, ev.Nudged(ev.Nudge.BUTTON))
            case Phase.WAITING:
                self.the_alarm_rings(who)
            case Phase.RENEWING:
                self._happens(client, ev.Renewed(client.driver.session.dial, "new"))
            case _:
                pass
        if session.phase is Phase.DIALING:
            self._happens(client, ev.Located(session.dial))
            self._happens(client, ev.Opened(session.dial))
            client.inbound = self._answers(client, account, limit)
        self.frames_arrive(who, count)

    def _answers(
        self, client: DrivenClient, account: str | None, limit: int
    ) -> list[wire.ServerFrame]:
        hello, log, epoch = client.hello, self.logs[account], f"of {account}"
        assert hello is not None
        after = hello.after or 0
        known = hello.epoch == epoch and after <= len(log)
        known = known and (not after or log[after - 1].id == hello.last)
        first = after + 1 if known else 1
        limits = wire.Limits(text=100, unacked=limit)
        answer = welcome(
            len(log),
            first=first,
            rev=9,
            epoch=epoch,
            reset=not known,
            account=account,
            limits=limits,
            offers=["report", "erase"],
        )
        return [answer, *log[first - 1 :]]

    def frames_arrive(self, who: int, count: int) -> None:
        client = self.clients[who]
        arriving, client.inbound = client.inbound[:count], client.inbound[count:]
        for frame in arriving:
            if client.is_open:
                self._happens(client, ev.Received(client.driver.session.dial, frame))

    def bytes_arrive(self, who: int) -> None:
        client = self.clients[who]
        if client.driver.session.phase in CONNECTED:
            self._happens(client, ev.Heard(client.driver.session.dial))

    def messages_are_committed(self, who: int, count: int) -> None:
        client = self.clients[who]
        session = client.driver.session
        for message in list(session.outgoing.messages.values())[:count]:
            if session.phase is Phase.LIVE and message.status == "sent":
                log = self.logs[session.account]
                log.append(event(len(log) + 1, message.id))
                self._happens(client, ev.Received(session.dial, log[-1]))

    def a_message_is_refused(self, who: int, which: int, after: float | None) -> None:
        client = self.clients[who]
        if client.driver.session.phase is Phase.LIVE:
            refused = wire.Refused(f"m{which}", "rate", "No.", after)
            self._happens(client, ev.Received(client.driver.session.dial, refused))

    def a_frame_comes(self, who: int, frame: wire.ServerFrame) -> None:
        client = self.clients[who]
        if client.driver.session.phase in CONNECTED:
            self._happens(client, ev.Received(client.driver.session.dial, frame))

    def a_connection_ends(self, who: int, ending: Ending) -> None:
        client = self.clients[who]
        if client.is_open:
            client.is_open = False
            self._happens(client, ev.Dropped(client.driver.session.dial, ending))

    def a_token_comes(self, who: int, outcome: str) -> None:
        client = self.clients[who]
        dial = client.driver.session.dial
        self._happens(client, ev.Renewed(dial, outcome))  # type: ignore[arg-type]

    # --- what holds -----------------------------------------------------------------------------

    def the_page_shows_the_session(self) -> None:
        for client in self.clients:
            session, page = client.driver.session, client.page
            assert page.history == session.transcript.events
            assert page.reply == session.transcript.reply
            assert page.state == session.transcript.state
            assert page.queue == session.outgoing.shown
            assert page.status == session.status

    def a_connection_is_as_the_phase_says(self) -> None:
        for client in self.clients:
            assert client.is_open == (client.driver.session.phase in DIALLED)

    def nothing_is_sent_beyond_the_limit(self) -> None:
        for client in self.clients:
            session = client.driver.session
            own = [m for m in session.outgoing.messages.values() if m.status == "sent"]
            assert len(own) <= session.limits.unacked
            assert not own or session.phase is Phase.LIVE

    def every_status_has_words(self) -> None:
        for client in self.clients:
            session = client.driver.session
            status = session.connection_status(client.driver.now)
            assert status.code == "" or status.code in CATALOGUE["sentences"]
            assert status.advice == "" or status.advice in CATALOGUE["advice"]
            assert words.sentence(status.code, status.args) or not status.code
            if session.phase is Phase.FAILED:
                assert status.code, "failed, and nobody knows why"
            for message in session.outgoing.shown.values():
                assert message.code == "" or message.code in CATALOGUE["sentences"]

    def what_waits_is_in_a_journal_or_on_its_way(self) -> None:
        for client in self.clients:
            session = client.driver.session
            waiting = session.outgoing.messages.keys() | session.requests.waiting.keys()
            kept = set().union(*(c.disk.keys() | c.saving.keys() for c in self.clients))
            assert waiting <= kept, "would be lost by a crash"

    def check(self) -> None:
        self.the_page_shows_the_session()
        self.a_connection_is_as_the_phase_says()
        self.nothing_is_sent_beyond_the_limit()
        self.every_status_has_words()
        self.what_waits_is_in_a_journal_or_on_its_way()

    # --- chance ---------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Take so many steps. A violation is reported with the steps that led to it."""
        weights = list(WEIGHTS.values())
        trace = []
        try:
            for act in self.random.choices(list(WEIGHTS), weights, k=steps):
                who = self.random.choice([0, 0, 1])
                arguments = [choose(self.random) for choose in CHOICES.get(act, ())]
                trace.append(f"{act.__name__}{who, *arguments}")
                act(self, who, *arguments)
                self.check()
        except Exception as error:
            error.add_note("\n".join(trace[-40:]))
            raise


def one_of(*values: Any) -> Choose:
    return lambda random: random.choice(values)


def number(least: int, most: int) -> Choose:
    return lambda random: random.randint(least, most)


def garbage(random: Random) -> wire.ServerFrame:
    """A frame that is well formed and makes no sense, or only by accident."""
    seq, place, wait = random.randint(1, 8), random.choice([None, 1, 3]), random.choice(WAITS)
    id, re = (random.choice([f"m{random.randint(0, 12)}", "_t1", "_t2"]) for _ in range(2))
    code = random.choice(["rate", "too_long", "withdrawn", "invented"])
    frames: list[wire.ServerFrame] = [
        event(seq, id, re=random.choice([None, re])),
        wire.Refused(id, code, "No.", wait),
        wire.Answering(id, place),
        wire.Answering(id, held=True),
        wire.Reported(f"_e{seq}"),
        wire.Refused(f"_e{seq}", code, "No.", wait),
        wire.Delta(id, re, random.randint(0, 3), random.choice(["", "ab"])),
        wire.State(random.randint(0, 12), {"step": seq}),
        wire.Bye("Bye.", random.choice([-5.0, 0.0, 3.0, 1e9]), 1.0),
        wire.Page(random.randint(-1, 8), [event(seq, id)], random.random() < 0.5),
        welcome(seq, first=random.randint(1, 9), reset=random.random() < 0.5),
    ]
    return random.choice(frames)


WAITS = (None, None, -1.0, 0.0, 1.0, 5.0, 1e9)
WEIGHTS: dict[Callable[..., None], int] = {
    Adversary.time_passes: 4,
    Adversary.the_alarm_rings: 4,
    Adversary.the_program_leaves: 1,
    Adversary.somebody_nudges: 2,
    Adversary.somebody_types: 8,
    Adversary.somebody_changes_his_mind: 6,
    Adversary.somebody_reports_an_answer: 3,
    Adversary.somebody_deletes_the_conversation: 1,
    Adversary.the_page_names_its_language: 1,
    Adversary.older_events_are_wanted: 1,
    Adversary.the_journal_writes: 6,
    Adversary.another_process_may_have_the_journal: 1,
    Adversary.a_journal_is_adopted: 2,
    Adversary.the_account_of_an_earlier_process_is_recalled: 1,
    Adversary.a_part_is_handed_over: 3,
    Adversary.a_connection_is_made: 14,
    Adversary.frames_arrive: 3,
    Adversary.bytes_arrive: 1,
    Adversary.messages_are_committed: 8,
    Adversary.a_message_is_refused: 5,
    Adversary.a_frame_comes: 2,
    Adversary.a_connection_ends: 6,
    Adversary.a_token_comes: 2,
}
CHOICES: dict[Callable[..., None], tuple[Choose, ...]] = {
    Adversary.time_passes: (one_of(0.0, 0.1, 1.5, 4.0, 11.0, 31.0, 700.0),),
    Adversary.somebody_nudges: (one_of(*ev.Nudge),),
    Adversary.somebody_types: (number(1, 3), one_of(True, False)),
    Adversary.somebody_changes_his_mind: (
        number(0, 12),
        one_of(ev.Discarded, ev.Retried, ev.Stopped),
    ),
    Adversary.somebody_reports_an_answer: (number(0, 4), one_of(True, False)),
    Adversary.somebody_deletes_the_conversation: (one_of(True, False),),
    Adversary.older_events_are_wanted: (number(-1, 300),),
    Adversary.a_journal_is_adopted: (one_of(*ACCOUNTS),),
    Adversary.the_account_of_an_earlier_process_is_recalled: (one_of(*ACCOUNTS),),
    Adversary.a_connection_is_made: (
        one_of(None, "A", "A", "B"),
        number(1, 6),
        one_of(0, 1, 2, 99, 99, 99),
    ),
    Adversary.frames_arrive: (number(1, 6),),
    Adversary.messages_are_committed: (number(1, 6),),
    Adversary.a_message_is_refused: (number(0, 12), one_of(*WAITS)),
    Adversary.a_frame_comes: (garbage,),
    Adversary.a_connection_ends: (one_of(*ENDINGS),),
    Adversary.a_token_comes: (one_of("new", "none", "unreachable", "rubbish"),),
}


@pytest.mark.parametrize("block", range(4))
def test_no_sequence_of_events_breaks_the_machine(block: int) -> None:
    """Whatever happens, in whatever order: no message is lost, misdirected or sent too early."""
    met: Counter[tuple[Phase, type]] = Counter()
    for seed in range(block * 50, block * 50 + 50):
        adversary = Adversary(Random(seed))
        adversary.run(120)
        met += adversary.met
    # The sequences are worth something: hardly a pair of phase and event is not among them.
    known = {
        (phase, kind) for phase, kinds in TRANSITIONS.items() for kind in {**kinds, **ANYWHERE}
    }
    assert len(known - met.keys()) < 15, known - met.keys()
