"""The machine: how a conversation opens, which moves are legal, and what holds between two clients.

One step is shown on a `Driver`, what needs a server in the simulator's `World`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import get_args

import pytest

from simulator.world import World
from tests.support.driver import LOST, Driver, closed, event, loaded, welcome
from tutor_widget import wire, words
from tutor_widget.errors import Misuse, Refused
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.machine import ANYWHERE, TRANSITIONS
from tutor_widget.session.phase import DIALLED
from tutor_widget.session.queue.outgoing import Outgoing

rows = pytest.mark.parametrize
STATUSES = ("connecting", "connected", "reconnecting", "closed", "failed")


# --- opening ------------------------------------------------------------------------------------


def test_the_first_hello_offers_no_prefix() -> None:
    """Who holds nothing says who comes and nothing else."""
    assert Driver().start().open() == wire.Hello(
        session="s", instance="i", dial=1, client="driver/1"
    )


def test_dials_are_counted() -> None:
    """Of two connections the server can tell which is the newer."""
    driver = Driver().start()
    driver.fail_dials(2)
    assert driver.open().dial == 3


def test_a_client_is_connected_when_it_has_all_of_the_log() -> None:
    """The welcome alone is not enough; the last event is."""
    driver = Driver().start()
    driver.open()
    assert driver.session.phase is Phase.GREETING
    effects = driver.receive(welcome(seq=2), event(1))
    assert do.HistoryReplaced(2) in effects
    assert driver.session.status == "connecting"
    driver.receive(event(2))
    assert driver.session.status == "connected"


def test_an_empty_log_is_complete_at_once() -> None:
    """A welcome with nothing to follow connects."""
    driver = Driver()
    driver.live()
    assert driver.session.status == "connected"
    assert driver.session.transcript.more is False


def test_a_page_of_a_long_log_is_where_history_begins() -> None:
    """Without a prefix the newest page comes, and there is more before it."""
    driver = Driver()
    driver.live(event(501), event(502), first=501, seq=502)
    assert [e.seq for e in driver.session.transcript.events] == [501, 502]
    assert driver.session.transcript.more


def test_limits_and_state_are_the_welcomes() -> None:
    """What the server says of itself is known when it said it."""
    driver = Driver()
    effects = driver.live(limits=wire.Limits(text=5, unacked=1), state={"step": 3}, rev=7)
    assert driver.session.limits == wire.Limits(text=5, unacked=1)
    assert driver.session.transcript.state == {"step": 3}
    assert driver.session.connection_status(driver.now).server == "driver/1"
    assert do.StateChanged() in effects


# --- the machine itself -------------------------------------------------------------------------


@rows(
    ("phase", "event"),
    [
        ("idle", ev.Nudged(ev.Nudge.BUTTON)),
        ("idle", ev.Ticked()),
        ("dialing", ev.Renewed(1, "new")),
        ("live", ev.OlderRequested(0)),
    ],
)
def test_harmless_events_may_come_any_time(phase: str, event: ev.Happened) -> None:
    """What a shell cannot help saying is ignored where it means nothing."""
    driver = Driver()
    if phase == "dialing":
        driver.start()
    elif phase == "live":
        driver.live()
    assert [e for e in driver.happens(event) if isinstance(e, do.Dial)] == []
    assert driver.session.phase.value == phase


def test_impossible_moves_are_misuse_and_named() -> None:
    """The message names both halves, and nothing has changed."""
    driver = Driver().start()
    for impossible in (ev.Started(), ev.Received(1, event(1)), ev.Heard(1), ev.Pinged(1, 0)):
        name = type(impossible).__name__
        with pytest.raises(Misuse, match=f"{name} cannot happen while DIALING"):
            driver.happens(impossible)
    driver.open()
    with pytest.raises(Misuse, match="Opened cannot happen while GREETING"):
        driver.happens(ev.Opened(1))


def in_phase(phase: Phase) -> Driver:
    """A session that has come to this phase."""
    driver = Driver()
    match phase:
        case Phase.IDLE:
            pass
        case Phase.DIALING:
            driver.start()
        case Phase.GREETING | Phase.REPLAYING:
            driver.start().open()
            driver.receive(*[welcome(seq=1)] * (phase is Phase.REPLAYING))
        case Phase.LIVE:
            driver.live()
        case Phase.WAITING:
            driver.start().drop()
        case Phase.RENEWING:
            driver.start().drop(closed(4401))
        case Phase.CLOSED:
            driver.happens(ev.Left())
        case Phase.FAILED:
            driver.start().drop(closed(4404))
    assert driver.session.phase is phase
    return driver


def examples(dial: int) -> list[ev.Happened]:
    """One event of each kind; a connection's have this dial."""
    mine: list[ev.Happened] = [ev.Located(dial), ev.Opened(dial), ev.Received(dial, welcome())]
    mine += [ev.Heard(dial), ev.Pinged(dial, 0), ev.Dropped(dial, LOST)]
    mine += [ev.Started(), ev.Left(), ev.Nudged(ev.Nudge.BUTTON), ev.Typed("m1", "hello", 0)]
    mine += [ev.Discarded("m"), ev.Retried("m"), ev.Stopped(), ev.OlderRequested(1), ev.Loaded(())]
    mine += [ev.ReportRequested("r", "_e1", "", 0), ev.ErasureRequested("r", 0)]
    mine += [ev.LanguageChosen("de"), ev.AccountRecalled("A")]
    mine += [ev.Inherited(Outgoing()), ev.HandedOver(()), ev.Orphaned(), ev.Saved(())]
    return [*mine, ev.Ticked(), ev.Renewed(dial, "none")]


@rows("phase", Phase)
def test_every_event_is_defined_in_every_phase(phase: Phase) -> None:
    """It is taken where a table has it; elsewhere it is late, or a misuse that changes nothing."""
    kinds = {type(event) for event in examples(1)}
    assert kinds == set(get_args(ev.Happened))
    assert ANYWHERE.keys() | TRANSITIONS[phase].keys() <= kinds
    for number in range(len(kinds)):
        driver = in_phase(phase)
        driver.happens(ev.Loaded((loaded("m", status="failed"),)))
        happened = examples(driver.session.dial)[number]
        is_late = isinstance(happened, ev.OfDial) and phase not in DIALLED
        is_late |= isinstance(happened, ev.Renewed) and phase is not Phase.RENEWING
        before = (phase, driver.session.dial, driver.session.wake_at)
        if is_late:
            assert driver.happens(happened) == []
        elif type(happened) in ANYWHERE.keys() | TRANSITIONS[phase].keys():
            with suppress(Refused):  # this server takes no reports
                driver.happens(happened)
            continue
        else:
            name = f"{type(happened).__name__} cannot happen while {phase.name}"
            with pytest.raises(Misuse, match=name):
                driver.happens(happened)
        assert (driver.session.phase, driver.session.dial, driver.session.wake_at) == before


@rows("language", sorted(words.languages()))
@rows("phase", Phase)
def test_the_status_of_every_phase_has_words(phase: Phase, language: str) -> None:
    """The badge has the status word, and the reason for a wait or a failure has its sentence."""
    catalogue = words.catalogue(language)
    status = in_phase(phase).session.connection_status(0.0)
    assert status.status in STATUSES
    assert status.status in catalogue["browser"]["badge"]
    assert bool(status.code) == (phase in (Phase.WAITING, Phase.RENEWING, Phase.FAILED))
    assert not status.code or status.code in catalogue["sentences"]
    assert not status.advice or status.advice in catalogue["advice"]


def test_news_of_earlier_dials_are_ignored() -> None:
    """A connection that was given up may die in its own time."""
    driver = Driver()
    driver.live(event(1))
    driver.drop()
    late: list[ev.Happened] = [
        ev.Opened(1),
        ev.Received(1, event(2)),
        ev.Heard(1),
        ev.Pinged(1, 0),
        ev.Dropped(1, closed(4410)),
    ]
    for news in late:
        assert driver.happens(news) == []  # while waiting
    driver.live()
    for news in late:
        assert driver.happens(news) == []  # and while the next is live
    assert driver.session.status == "connected"
    assert driver.session.transcript.last == 1


def test_two_clients_of_one_session_see_every_event() -> None:
    """Both show the same log, whichever spoke and whichever was away."""
    world = World()
    ada, bob = world.join("ada"), world.join("bob")
    ada.type("one")
    bob.type("two")
    world.settle()
    assert bob.connection is not None
    bob.connection.go_silent()
    ada.type("three")
    bob.type("four")
    assert world.settle()
    assert ada.page.history == bob.page.history == world.server.log().events
    assert sorted(e.text for e in ada.page.history if e.role == "learner") == [
        "four",
        "one",
        "three",
        "two",
    ]


def test_sessions_are_apart() -> None:
    """Nothing said in one is seen in another."""
    world = World()
    ada, bob = world.join("ada", "one"), world.join("bob", "two")
    ada.type("hello")
    assert world.settle()
    assert [e.text for e in ada.page.history] == ["hello", "You said: hello"]
    assert bob.page.history == []


def test_words_of_an_outage_are_sent_in_order_once() -> None:
    """Typed while the server was dead, committed and answered when it is back."""
    world = World()
    ada = world.join("ada")
    with world.outage():
        for text in ("one", "two", "three"):
            ada.type(text)
            world.run(1)
    assert world.settle()
    said = [e.text for e in ada.page.history if e.role == "learner"]
    assert said == ["one", "two", "three"]
    answers = [e.text for e in ada.page.history if e.role == "tutor"]
    assert answers == ["You said: one", "You said: two", "You said: three"]


@rows("pause", [0.0, 0.004, 0.006, 0.02, 0.03, 0.05, 0.3])
def test_a_crash_of_the_client_forgets_nothing_durable(pause: float) -> None:
    """At whatever moment it dies: what the journal has is sent, once."""
    world = World()
    ada = world.join("ada")
    id = ada.type("hello")
    world.run(pause)
    ada.crash()
    assert world.settle()
    assert (id in world.server.log().at) == (id not in ada.lost)
    assert [e.id for e in world.server.log().events if e.role == "learner"] == [
        id for id in ada.typed if id not in ada.lost
    ]
    assert not ada.journal


def test_a_poisonous_message_does_not_hold_up_the_rest() -> None:
    """The server breaks off at one of five; the other four arrive."""
    for code in (1011, None):
        world = World()
        world.server.poison = {"poison": code}
        ada = world.join("ada")
        with world.outage():
            for text in ("one", "two", "poison", "three", "four"):
                ada.type(text)
        assert world.settle(), world.trace[-5:]
        said = [e.text for e in ada.page.history if e.role == "learner"]
        assert said == ["one", "two", "three", "four"]
        assert [m.text for m in ada.page.queue.values()] == ["poison"]
