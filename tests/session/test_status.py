"""What is published about the connection, and how often."""

from __future__ import annotations

import pytest

from simulator.world import World
from tests.support.driver import LOST, Driver, closed, http
from tutor_widget.session import Ending
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


def test_status_follows_the_connection() -> None:
    """connecting, connected, reconnecting, failed, closed."""
    driver = Driver()
    assert driver.session.status == "connecting"
    driver.start()
    assert driver.session.status == "connecting"
    driver.drop()
    assert driver.session.status == "connecting"
    driver.live()
    assert driver.session.status == "connected"
    driver.drop()
    assert driver.session.status == "reconnecting"
    driver.wait()
    assert driver.session.status == "reconnecting"
    driver.drop(closed(4404))
    assert driver.session.status == "failed"
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    assert driver.session.status == "reconnecting"
    driver.happens(ev.Left())
    assert driver.session.status == "closed"


def test_attempts_are_counted_since_the_loss() -> None:
    """Each dial is one; being live begins anew."""
    driver = Driver()
    driver.live()
    driver.drop()
    for attempt in (1, 2, 3):
        driver.wait()
        assert driver.session.connection_status(driver.now).attempt == attempt
        driver.drop()
    driver.live()
    driver.drop()
    assert driver.session.connection_status(driver.now).attempt == 0


def test_since_is_when_the_status_began() -> None:
    """Retries do not move it."""
    driver = Driver()
    driver.live()
    assert driver.session.connection_status(driver.now).since == driver.now
    lost_at = driver.now = driver.now + 30
    driver.drop()
    driver.fail_dials(0)
    driver.wait()
    driver.fail_dials(3)
    assert driver.session.connection_status(driver.now).since == lost_at


@pytest.mark.parametrize("ending", [closed(4404), None], ids=["failed", "closed"])
def test_since_moves_when_the_program_connects_again(ending: Ending | None) -> None:
    """After "failed" or "closed" the new status began when the connection was asked for."""
    driver = Driver()
    driver.live()
    driver.happens(ev.Left()) if ending is None else driver.drop(ending)
    driver.happens(ev.Nudged(ev.Nudge.BUTTON), after=50)
    assert driver.session.status == "reconnecting"
    assert driver.session.connection_status(driver.now).since == driver.now


def test_leaving_twice_publishes_nothing_new() -> None:
    """A status that goes on has no new beginning."""
    driver = Driver()
    driver.live()
    driver.happens(ev.Left())
    closed_at = driver.now
    assert driver.happens(ev.Left(), after=5) == []
    assert driver.session.connection_status(driver.now).since == closed_at


def test_a_reason_is_published_before_the_first_attempt_of_an_outage() -> None:
    """The token is refused, then its source cannot be reached: people see the second reason."""
    driver = Driver()
    driver.live()
    driver.drop(closed(4401))
    effects = driver.renewed("unreachable")
    assert do.ConnectionChanged() in effects
    assert driver.session.connection_status(driver.now).code == "sign_in_unavailable"


def test_a_shorter_wait_is_published_before_the_first_attempt_of_an_outage() -> None:
    """A nudge cannot override the server's 30 s, but ends what is added: the countdown says so."""
    driver = Driver(chance=0.9)
    driver.live(spread=100.0)
    driver.drop(closed(4429))
    before = driver.due
    effects = driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    assert (before, driver.due) == (120.0, 30.0)
    assert do.ConnectionChanged() in effects


def test_an_outage_is_measured_from_loss_to_return() -> None:
    """The first connection ends none."""
    driver = Driver().start()
    driver.now += 3
    driver.live()
    assert driver.session.connection_status(driver.now).outage is None
    driver.drop(after=60)
    driver.now += 20
    driver.live()
    assert driver.session.connection_status(driver.now).outage == pytest.approx(20, abs=0.5)


def test_each_attempt_is_told_in_the_first_five_minutes_and_none_after() -> None:
    """An idle widget on a server that is off must not keep its own machine awake."""
    world = World(seed=4)
    ada = world.join("ada")
    world.server.crash()
    world.run(290)
    assert ada.page.changes[do.ConnectionChanged] > 50
    world.run(70)  # one more tells that it has become quiet
    ada.page.changes.clear()
    dials = len(ada.dialled_at)
    world.network.refusals.extend([http(503), closed(1013), LOST] * 5)  # whatever the reasons
    world.run(600)
    assert len(ada.dialled_at) > dials + 10
    assert ada.page.changes == {}
    status = ada.session.connection_status(world.now)
    assert (status.attempt, status.retry_at) == (0, None)
    world.server.start()
    world.settle()
    assert ada.page.status == "connected"


def test_an_idle_connection_tells_nothing() -> None:
    """Pings and pongs are nobody's business."""
    world = World()
    ada = world.join("ada")
    ada.type("hello")
    world.run(1)
    ada.page.changes.clear()
    world.run(3600)
    assert ada.page.changes == {}
