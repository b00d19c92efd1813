"""When a connection is probed, and when it is given up."""

from __future__ import annotations

import pytest

from simulator.world import World
from tests.support.driver import Driver, event
from tutor_widget import wire
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

rows = pytest.mark.parametrize


def test_an_idle_link_is_pinged_after_ten_seconds_and_given_up_five_later() -> None:
    """Silence of fifteen seconds is the end, with no closing handshake."""
    driver = Driver()
    driver.live()
    assert driver.due == pytest.approx(10)
    assert driver.tick(after=9.9) == []
    assert driver.tick(after=0.1) == [do.Ping()]
    assert driver.due == 5
    assert driver.tick(after=4.9) == []
    assert do.Abort() in driver.tick(after=0.1)
    assert driver.session.status == "reconnecting"


@rows("proof", ["pong", "frame"])
def test_anything_received_is_proof_of_life(proof: str) -> None:
    """A pong and a frame count the same, and begin the silence anew."""
    driver = Driver()
    driver.live()
    driver.tick(after=10)
    if proof == "pong":
        driver.heard(after=4.9)
    else:
        driver.receive(wire.State(rev=1, state={}), after=4.9)
    assert driver.due == pytest.approx(10)


@rows("busy", ["message", "reply"])
def test_a_busy_link_is_pinged_after_two_seconds_and_given_up_four_later(busy: str) -> None:
    """A learner waits for it."""
    driver = Driver()
    driver.live(event(1, "m1"))
    driver.heard(after=5)
    if busy == "message":
        driver.say("m2")
    else:
        driver.receive(wire.Answering(re="m1"))
    assert driver.due == 2
    assert do.Ping() in driver.tick(after=2)
    assert driver.due == 4
    assert do.Abort() in driver.tick(after=4)


def test_silence_counts_from_becoming_busy() -> None:
    """Seven quiet seconds before a message do not make it late."""
    driver = Driver()
    driver.live()
    driver.now += 7
    driver.say("m1")
    assert driver.due == 2


def test_becoming_busy_puts_no_ping_off() -> None:
    """What was due for the silence before is due all the same."""
    driver = Driver()
    driver.live()
    driver.now += 9
    driver.say("m1")
    assert driver.due == 1
    assert driver.tick(after=1) == [do.Ping()]
    assert driver.due == 4


def test_a_message_that_waits_in_the_queue_makes_no_link_busy() -> None:
    """Only what was transmitted on this connection and not refused does."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(wire.Refused("m1", "rate", "Slower.", 60.0))
    assert driver.due == pytest.approx(10)


def test_a_place_in_the_queue_makes_no_link_busy() -> None:
    """The reply is not under way yet."""
    driver = Driver()
    driver.live()
    driver.receive(wire.Answering(re="m1", place=2))
    assert driver.due == pytest.approx(10)


def test_an_acknowledged_message_leaves_the_link_idle() -> None:
    """The longer spans come back."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.receive(event(1, "m1"))
    assert driver.due == pytest.approx(10)


def test_what_is_still_to_be_written_is_granted_its_time() -> None:
    """A second for each 16 KiB ahead of the ping, from when it was written."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.tick(after=2)
    driver.happens(ev.Pinged(1, 64 << 10), after=0.5)
    assert driver.due == 4 + 4
    assert do.Abort() in driver.tick(after=8)


def test_a_pong_may_be_heard_before_the_ping_is_reported() -> None:
    """Then nothing is out any more that could be missed."""
    driver = Driver()
    driver.live()
    driver.tick(after=10)
    driver.heard()
    driver.happens(ev.Pinged(1, 0))
    assert driver.due == pytest.approx(10)


def test_a_message_unacknowledged_for_half_a_minute_ends_the_link() -> None:
    """However lively the pongs: the server behind the proxy is dead."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    for _ in range(29):
        driver.tick(after=1)
        driver.heard()
    assert driver.session.phase is Phase.LIVE
    driver.heard(after=0.9)
    assert driver.due == pytest.approx(0.1)
    assert do.Abort() in driver.tick(after=0.1)


def test_half_a_minute_is_counted_for_each_message() -> None:
    """A busy conversation, each message acknowledged in time, goes on forever."""
    driver = Driver()
    driver.live()
    driver.say("m0")
    for number in range(60):
        driver.say(f"m{number + 1}")
        driver.receive(event(number + 1, f"m{number}"), after=1)
        driver.tick()
    assert driver.session.phase is Phase.LIVE


@rows("nudge", list(ev.Nudge))
def test_a_nudge_probes_a_live_link(nudge: ev.Nudge) -> None:
    """Who woke up, or doubts it, need not wait for the silence to count."""
    driver = Driver()
    driver.live()
    assert driver.happens(ev.Nudged(nudge), after=1) == [do.Ping()]
    assert driver.due == 5
    assert driver.happens(ev.Nudged(nudge)) == []


def test_a_late_tick_probes_before_it_judges() -> None:
    """A machine that slept asks first; nobody can have answered what was not asked."""
    driver = Driver()
    driver.live()
    assert driver.tick(after=3600) == [do.Ping()]
    assert do.Abort() in driver.tick(after=5)


@rows("up", [True, False])
@rows("down", [True, False])
@rows(("text", "bound"), [("", 15.0), ("hello?", 6.0)])
def test_silent_death_is_noticed_in_time(up: bool, down: bool, text: str, bound: float) -> None:
    """Within 15 s idle, within 6 s with a message under way, whichever direction died."""
    world = World()
    world.server.answer = lambda text: []
    ada = world.join("ada")
    assert ada.connection is not None
    if up or down:
        ada.connection.go_silent(up=up, down=down)
    dead_at = world.now
    if text:
        ada.type(text)
    noticed = world.run_until(lambda: ada.session.status == "reconnecting", 60)
    assert noticed == (up or down)
    assert not noticed or world.now - dead_at <= bound + 0.1


def test_a_stalled_link_is_not_given_up_early() -> None:
    """Four seconds of delay lose nothing and cost no connection."""
    world = World()
    ada = world.join("ada")
    ada.type("hello")
    assert ada.connection is not None
    ada.connection.stall(4)
    assert world.settle()
    assert len(ada.dialled_at) == 1
