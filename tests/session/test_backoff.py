"""What resets the backoff, what skips a wait, and how long a connection may take to open."""

from __future__ import annotations

import pytest

from tests.support.driver import Driver, closed, event, http, loaded, welcome
from tutor_widget import wire
from tutor_widget.session import Ending, Phase, Policy, Recovery, policy_for
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


# --- what forgives ------------------------------------------------------------------------------


def worn() -> Driver:
    """A session that has failed to connect five times, and is dialling."""
    driver = Driver(chance=1.0)
    driver.live(event(1))
    driver.drop(after=10)
    driver.wait()
    driver.fail_dials(4)
    return driver


def next_wait(driver: Driver) -> float:
    driver.drop()
    return driver.wait()


def test_opening_and_a_welcome_forgive_nothing() -> None:
    """A flapping server does both happily."""
    driver = worn()
    driver.live()
    assert next_wait(driver) == 5


def test_ten_seconds_forgive() -> None:
    """A connection that lasts has proved itself, and one that lasts 9.9 s has not."""
    for lasted, wait in ((9.9, 5), (10, 0.5)):
        driver = worn()
        driver.live()
        driver.tick(after=lasted)
        assert next_wait(driver) == wait


@rows("ids", [["_e2"], ["_e2", "_e3"]])
def test_a_resumed_log_that_grows_forgives(ids: list[str]) -> None:
    """Events that were missing are progress."""
    driver = worn()
    driver.live(*(event(2 + n, id) for n, id in enumerate(ids)))
    assert next_wait(driver) == 0.5


def test_a_live_event_forgives() -> None:
    """The log moved forward on this connection."""
    driver = worn()
    driver.live()
    driver.receive(event(2))
    assert next_wait(driver) == 0.5


def test_an_acknowledged_message_forgives() -> None:
    """The outbox moved forward, even where the event was known."""
    driver = worn()
    driver.session.step(ev.Loaded((loaded("_e1"),)), driver.now)
    driver.live()
    assert do.Acknowledged("_e1") in driver.receive(event(1))
    assert next_wait(driver) == 0.5


def test_a_replay_after_a_reset_forgives_nothing() -> None:
    """A server that loses its log each time sends it anew each time."""
    driver = worn()
    driver.live(event(1), event(2), reset=True, epoch="e2")
    assert next_wait(driver) == 5


def test_a_replay_to_a_client_without_prefix_forgives_nothing() -> None:
    """The first replay proves no more than a welcome."""
    driver = Driver(chance=1.0).start()
    driver.fail_dials(5)
    driver.live(event(1), event(2))
    assert next_wait(driver) == 5


def test_an_hour_of_connection_is_no_outage() -> None:
    """Ten minutes without a welcome are counted from the loss of the connection."""
    driver = Driver(chance=1.0)
    driver.live()
    driver.drop(after=3600)
    assert [driver.wait(), *driver.fail_dials(6)] == [0.5, 1, 2, 4, 5, 5, 5]
    driver.now += 600
    assert driver.fail_dials(1) == [60]


def test_an_hour_of_absence_is_no_outage() -> None:
    """Nor does it count while nobody wants a connection."""
    driver = Driver(chance=1.0)
    driver.live()
    driver.happens(ev.Left())
    driver.now += 3600
    driver.start()
    assert driver.fail_dials(7) == [0.5, 1, 2, 4, 5, 5, 5]


def test_the_spread_slows_a_large_class() -> None:
    """The first wait is uniform in the spread, the cap four times that."""
    driver = Driver(chance=1.0)
    driver.live(spread=12.0)
    driver.drop(after=10)
    assert [driver.wait(), *driver.fail_dials(7)] == [12, 1, 2, 4, 8, 16, 32, 48]


# --- nudges -------------------------------------------------------------------------------------


@rows("nudge", list(ev.Nudge))
def test_a_nudge_ends_the_wait(nudge: ev.Nudge) -> None:
    """The button, a message, the browser and waking up all make it try now."""
    driver = worn()
    driver.drop()
    assert do.Dial(driver.session.dial + 1) in driver.happens(ev.Nudged(nudge), after=0.01)


def test_a_message_is_a_nudge() -> None:
    """A learner who types expects an answer."""
    driver = worn()
    driver.drop()
    assert do.Dial(driver.session.dial + 1) in driver.happens(ev.Typed("m1", "hello", 0))


@rows("nudge", list(ev.Nudge))
def test_nudges_count_once_a_second(nudge: ev.Nudge) -> None:
    """An impatient finger does not hammer the server."""
    driver = worn()
    driver.drop()
    driver.happens(ev.Nudged(nudge))
    driver.drop(after=0.5)
    assert driver.happens(ev.Nudged(nudge), after=0.49) == []
    assert do.Dial(driver.session.dial + 1) in driver.happens(ev.Nudged(nudge), after=0.02)


def test_messages_of_a_large_class_nudge_once_in_a_spread() -> None:
    """The button may every second; what everybody does may not."""
    driver = Driver(chance=1.0)
    driver.live(spread=20.0)
    driver.drop()
    assert do.Dial(2) in driver.happens(ev.Typed("m1", "hello", 0))
    driver.drop(after=1)
    assert do.Dial(3) not in driver.happens(ev.Typed("m2", "hello", 0))
    assert do.Dial(3) in driver.happens(ev.Nudged(ev.Nudge.BUTTON))


@rows("nudge", list(ev.Nudge))
@rows(
    ("ending", "floor"),
    [(http(503, 8.0), 8.0), (http(429, 9999.0), 600.0), (closed(4429), 30.0)],
)
def test_no_nudge_goes_below_what_the_server_asked(
    ending: Ending, floor: float, nudge: ev.Nudge
) -> None:
    """It ends the wait that comes on top, and the status says until when."""
    driver = worn()
    driver.drop(ending)
    assert driver.due == pytest.approx(floor + 5)
    driver.happens(ev.Nudged(nudge), after=1)
    assert driver.session.phase is Phase.WAITING
    assert driver.due == pytest.approx(floor - 1)
    assert driver.session.connection_status(driver.now).retry_at == pytest.approx(
        driver.now + floor - 1
    )


def test_no_nudge_shortens_a_bye() -> None:
    """A server that restarts said when it will be there."""
    driver = Driver(chance=0.5)
    driver.live()
    driver.receive(wire.Bye("Restarting.", 4.0, 2.0))
    driver.drop(closed(1012))
    driver.happens(ev.Nudged(ev.Nudge.BUTTON), after=1)
    assert driver.due == pytest.approx(4)


def test_nudges_while_dialling_change_nothing() -> None:
    """It is trying already."""
    driver = Driver().start()
    assert driver.happens(ev.Nudged(ev.Nudge.BUTTON)) == []


# --- time to open -------------------------------------------------------------------------------


def test_an_answer_to_the_handshake_is_due_in_ten_seconds() -> None:
    """Then the try is given up and counts as a failure; the way to the token does not count."""
    driver = Driver().start()
    driver.happens(ev.Located(1), after=9.9)
    assert driver.due == 10
    assert do.Abort() not in driver.tick(after=9.9)
    assert do.Abort() in driver.tick(after=0.1)
    assert driver.session.phase is Phase.WAITING


@rows("got", [0, 1, 2])
def test_welcome_and_replay_are_due_ten_seconds_after_the_handshake(got: int) -> None:
    """However far it came, what is not live by then is given up."""
    driver = Driver().start()
    driver.now += 9
    driver.open()
    assert driver.due == 10
    opening: list[wire.ServerFrame] = [welcome(seq=3), event(1), event(2)]
    driver.receive(*opening[:got], after=9)
    assert do.Abort() in driver.tick(after=1)
    assert driver.session.phase is Phase.WAITING


def test_a_policy_is_data() -> None:
    """A row of the table can be looked up without a session."""
    assert policy_for(http(503, 3.0)) == Policy(
        Recovery.RETRY, "not_ready", {"status": 503}, floor=3.0
    )
