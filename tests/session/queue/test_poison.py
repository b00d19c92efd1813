"""Messages that end connections are found and do not hold up the others."""

from __future__ import annotations

import pytest

from tests.support.driver import Driver, closed, ending_id, event, frames, loaded, saved, sent
from tutor_widget import wire
from tutor_widget.session import Ending, Kind
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.queue.poison import SET_ASIDE_AT, PoisonDetector, Strike

BAD_FRAME = Ending(Kind.CLOSED, 1008)
NONE: frozenset[str] = frozenset()

rows = pytest.mark.parametrize


POISON = [closed(code) for code in (1002, 1003, 1007, 1008, 1009, 1011)]


@rows("ending", POISON, ids=ending_id)
def test_a_message_that_ends_the_connection_twice_is_set_aside(ending: Ending) -> None:
    """First all that was under way is sent one by one; the one that does it again has failed."""
    driver = Driver()
    driver.live()
    effects = [*driver.say("m1"), *driver.say("m2"), *driver.say("m3")]
    assert sent(effects) == ["m1", "m2", "m3"]
    driver.drop(ending, after=1.9)
    assert driver.status_of == dict.fromkeys(["m1", "m2", "m3"], "queued")

    assert sent(driver.live()) == ["m1"]
    assert sent(driver.receive(event(1, "m1"))) == ["m2"]
    effects = driver.drop(ending, after=0.1)
    assert driver.status_of == {"m2": "failed", "m3": "queued"}
    assert [message.id for message in saved(effects)] == ["m2"]
    assert driver.session.outgoing.messages["m2"].code == "breaks_connection"

    assert sent(driver.live()) == ["m3"]
    assert sent(driver.receive(event(2, "m3")) + driver.say("m4") + driver.say("m5")) == [
        "m4",
        "m5",
    ]


def test_a_single_poisonous_message_is_retried_once() -> None:
    """Twice after the same message is enough, and the connection stays for the rest."""
    driver = Driver(chance=0.5)
    driver.live()
    driver.say("m1")
    driver.drop(closed(1008))
    assert driver.session.status == "reconnecting"
    assert driver.wait() == pytest.approx(0.25)
    assert sent(driver.live()) == ["m1"]
    driver.drop(closed(1008))
    assert driver.status_of == {"m1": "failed"}
    assert sent(driver.live()) == []


def test_late_endings_blame_no_message() -> None:
    """More than two seconds after sending, a close is the server's own affair."""
    driver = Driver()
    driver.live()
    for _ in range(6):
        driver.say("m1")
        driver.drop(closed(1011), after=2.1)
        driver.live()
    assert driver.status_of == {"m1": "sent"}


def test_a_message_too_big_is_known_however_long_it_took() -> None:
    """1009 comes when the whole message has arrived, over a slow line after many seconds."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.drop(closed(1009), after=9)
    driver.live()
    driver.drop(closed(1009), after=9)
    assert driver.status_of == {"m1": "failed"}


def test_an_end_without_a_frame_counts_only_at_the_fifth_time() -> None:
    """A flaky network looks like that too; five times in a row, alone under way, does not."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.say("m2")
    driver.drop()
    assert sent(driver.live()) == ["m1", "m2"]
    driver.drop()  # the second time: now one at a time
    for _ in range(4):
        assert sent(driver.live()) == ["m1"]
        driver.drop()
        assert "failed" not in driver.status_of.values()
    driver.live()
    driver.drop()
    assert driver.status_of == {"m1": "failed", "m2": "queued"}


def test_a_connection_that_outlived_a_message_speaks_for_it() -> None:
    """The endings before do not count any more: only five in a row do."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    for _ in range(3):
        for _ in range(4):
            driver.drop()
            assert sent(driver.live()) == ["m1"]
        driver.drop(after=2.5)
        driver.live()
    assert driver.status_of == {"m1": "sent"}


def test_a_healthy_message_is_never_set_aside() -> None:
    """Five hundred servers killed within seconds of a message cost it nothing."""
    driver = Driver()
    driver.live()
    for number in range(1, 501):
        id = f"m{number}"
        driver.say(id)
        driver.drop(closed(1011) if number % 3 else Ending(Kind.LOST), after=0.5)
        driver.live(event(number, id))  # it had been committed
    assert driver.status_of == {}


@rows("ending", [Ending(Kind.SILENT), closed(1012), closed(1001), Ending(Kind.BROKEN, 1002)])
def test_other_endings_blame_no_message(ending: Ending) -> None:
    """Silence, a restart or what we closed ourselves says nothing about what was sent."""
    driver = Driver()
    driver.live()
    for number in range(6):
        effects = driver.say("m1") if number == 0 else []
        assert sent(effects or driver.live()) == ["m1"]
        driver.drop(ending)
    assert driver.status_of == {"m1": "queued"}


def test_what_is_being_taken_back_is_not_set_aside() -> None:
    """It would become one that can be tried again, though the learner wants it gone."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.happens(ev.Discarded("m1"))
    driver.happens(ev.Saved(("m1",)))
    for _ in range(3):
        driver.drop(closed(1011))
        driver.live()
    assert driver.status_of == {"m1": "withdrawing"}


def test_a_message_set_aside_may_turn_out_delivered() -> None:
    """Its event settles it, whatever was thought before."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.drop(closed(1011))
    driver.live()
    driver.drop(closed(1011))
    assert driver.status_of == {"m1": "failed"}
    assert do.Committed(event(1, "m1")) in driver.live(event(1, "m1"))
    assert driver.status_of == {}


def test_a_message_set_aside_can_be_tried_again() -> None:
    """Its record is clean then: it takes two more endings to set it aside."""
    driver = Driver()
    driver.live()
    driver.say("m1")
    driver.drop(closed(1011))
    driver.live()
    driver.drop(closed(1011))
    driver.live()
    assert sent(driver.happens(ev.Retried("m1"))) == ["m1"]
    driver.drop(closed(1011))
    assert driver.status_of == {"m1": "queued"}


def test_a_message_set_aside_is_taken_back_through_the_server() -> None:
    """It was transmitted, so only the server can promise that it is never committed."""
    driver = Driver()
    driver.happens(ev.Loaded((loaded("m1", status="failed", transmitted=True),)))
    driver.live()
    driver.happens(ev.Discarded("m1"))
    assert driver.status_of == {"m1": "withdrawing"}
    assert frames(driver.happens(ev.Saved(("m1",)))) == [wire.Withdraw("m1")]


# --- the detector by itself ----------------------------------------------------------------------


def test_a_close_frame_makes_everything_in_flight_a_suspect() -> None:
    """So the queue sends them alone, and the next close frame names the culprit."""
    poison = PoisonDetector()
    assert poison.strike(BAD_FRAME, {"a": 0.0, "b": 0.0}, 1.0, NONE) == Strike(True, [])
    assert [poison.is_suspect(id) for id in ("a", "b", "c")] == [True, True, False]
    assert poison.strike(BAD_FRAME, {"b": 2.0}, 3.0, NONE) == Strike(True, ["b"])
    assert [poison.is_suspect(id) for id in ("a", "b")] == [True, False]


def test_a_message_that_is_withdrawn_is_never_set_aside() -> None:
    """As failed it could be sent again, although the learner took it back."""
    poison = PoisonDetector()
    for n in range(SET_ASIDE_AT + 1):
        assert poison.strike(BAD_FRAME, {"a": n}, n, {"a"}) == Strike(True, [])


def test_a_cleared_message_begins_anew() -> None:
    """Neither its strikes nor its suspicion count any more."""
    poison = PoisonDetector()
    poison.strike(BAD_FRAME, {"a": 0.0}, 0.0, NONE)
    poison.clear("a")
    assert not poison.is_suspect("a")
    assert poison.strike(BAD_FRAME, {"a": 1.0}, 1.0, NONE) == Strike(True, [])


def test_suspects_and_strikes_go_with_their_messages_to_another_queue() -> None:
    """And only those: what stays behind is no business of the other queue."""
    older, newer = PoisonDetector(), PoisonDetector()
    older.strike(BAD_FRAME, {"a": 0.0, "b": 0.0}, 0.0, NONE)
    newer.inherit(older, {"a"})
    assert [newer.is_suspect(id) for id in ("a", "b")] == [True, False]
    assert newer.strike(BAD_FRAME, {"b": 1.0}, 1.0, NONE) == Strike(True, [])
    assert newer.strike(BAD_FRAME, {"a": 1.0}, 1.0, NONE) == Strike(True, ["a"])
