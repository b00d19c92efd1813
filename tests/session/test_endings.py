"""How connections end and what follows: each row of the table in the protocol's section 6."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.driver import Driver, closed, event, frames, http, loaded, sent, welcome
from tutor_widget import wire
from tutor_widget.codes import Code
from tutor_widget.session import Ending, Kind, Phase, Policy, Recovery, policy_for
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev

RETRIED = [
    *(closed(code) for code in (1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 4408)),
    Ending(Kind.LOST),
    Ending(Kind.SILENT),
    Ending(Kind.UNRESOLVED),
]
BUSY = [http(status) for status in (408, 425, 429, 500, 502, 503, 504, 599)]
FATAL = [
    *(closed(code) for code in (4403, 4404, 4409, 4410)),
    Ending(Kind.MALFORMED, detail="That is no address."),
    Ending(Kind.TOKEN, detail="The function given as token returned no token."),
]
MISDIRECTED = [
    *(http(status) for status in (200, 204, 302, 307, 400, 403, 404, 405, 410, 426, 451)),
    *(closed(code) for code in (1002, 1003, 1007, 1008, 1010, 3000, 3999, 4000, 4400, 4999)),
    Ending(Kind.BROKEN, 1002),
    Ending(Kind.NO_SUBPROTOCOL),
    Ending(Kind.CERTIFICATE),
]
ALL = [*RETRIED, *BUSY, *FATAL, *MISDIRECTED, closed(4401), closed(4429), http(401)]


def name(ending: Ending) -> str:
    return f"{ending.kind.value}-{ending.code}" if ending.code else ending.kind.value


rows = pytest.mark.parametrize


@rows("ending", ALL, ids=name)
def test_people_are_told_of_every_ending(ending: Ending) -> None:
    """Each has a code of what happened, and each that stops the client one of what to do."""
    policy = policy_for(ending)
    assert policy.code in get_args(Code)
    assert policy.advice == policy.code or policy.recovery is Recovery.RETRY


# --- retried ------------------------------------------------------------------------------------


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", RETRIED, ids=name)
def test_what_may_pass_is_retried_with_full_jitter(ending: Ending, chance: float) -> None:
    """The first wait is uniform in half a second, the n-th in 0.5 s · 2ⁿ, up to 5 s."""
    driver = Driver(chance=chance)
    driver.live()
    driver.tick(after=10)  # proven
    driver.drop(ending)
    waits = [driver.wait(), *driver.fail_dials(5, ending)]
    assert waits == pytest.approx([chance * most for most in (0.5, 1, 2, 4, 5, 5)])


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", [*RETRIED, *BUSY], ids=name)
def test_before_the_first_welcome_the_cap_is_fifteen_seconds(ending: Ending, chance: float) -> None:
    """Whoever never met a server waits up to 15 s, and up to a minute after ten minutes."""
    driver = Driver(chance=chance).start()
    waits = driver.fail_dials(6, ending)
    assert waits == pytest.approx([chance * most for most in (0.5, 1, 2, 4, 8, 15)])
    driver.now += 600
    assert driver.fail_dials(2, ending) == pytest.approx([chance * 32, chance * 60])


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", BUSY, ids=name)
def test_a_busy_server_is_retried_no_sooner_than_it_asks(ending: Ending, chance: float) -> None:
    """Retry-After is a floor; the wait that was due comes on top of it."""
    driver = Driver(chance=chance).start()
    asked = Ending(ending.kind, ending.code, retry_after=7.0)
    assert driver.fail_dials(3, asked) == pytest.approx([7 + chance * w for w in (0.5, 1, 2)])


@rows(("asked", "floor"), [(-5.0, 0.0), (0.0, 0.0), (3600.0, 600.0)])
def test_retry_after_is_taken_as_at_most_ten_minutes(asked: float, floor: float) -> None:
    """Neither a day nor a time in the past is believed."""
    driver = Driver(chance=0.0).start()
    assert driver.fail_dials(1, http(503, asked)) == [floor]


@rows("chance", [0.0, 0.5, 0.999])
def test_too_many_connections_wait_half_a_minute(chance: float) -> None:
    """4429 is retried after 30 s and the wait that was due."""
    driver = Driver(chance=chance).start()
    assert driver.fail_dials(2, closed(4429)) == pytest.approx([30 + chance / 2, 30 + chance])


def test_an_unknown_name_is_told_at_once_and_retried() -> None:
    """A machine that is offline does not know any name; the status says what is wrong."""
    driver = Driver().start()
    assert do.ConnectionChanged() in driver.drop(Ending(Kind.UNRESOLVED))
    standing = driver.session.connection_status(driver.now)
    assert standing.status == "connecting"
    assert standing.code == standing.advice == "name_not_found"
    driver.wait()


# --- bye ----------------------------------------------------------------------------------------


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", [closed(1012), closed(1001), Ending(Kind.LOST), Ending(Kind.SILENT)], ids=name)
def test_after_a_bye_the_wait_is_the_servers(ending: Ending, chance: float) -> None:
    """retry_after, and uniform in spread; then the backoff begins at its beginning."""
    driver = Driver(chance=chance)
    driver.live()
    driver.receive(wire.Bye("Restarting.", 4.0, 2.0), after=10)
    driver.drop(ending)
    assert driver.wait() == pytest.approx(4 + 2 * chance)
    assert driver.fail_dials(2) == pytest.approx([chance / 2, chance])


def test_a_bye_for_ever_is_one_for_an_hour() -> None:
    """A broken server keeps nobody away for good by one number."""
    driver = Driver(chance=0.0)
    driver.live()
    driver.receive(wire.Bye("Restarting.", 1e15, 0.0), after=10)
    driver.drop(closed(1012))
    assert driver.wait() == 3600


def test_a_bye_before_the_welcome_counts() -> None:
    """A server that drains says so to whoever still came in."""
    driver = Driver(chance=0.5).start()
    driver.open()
    driver.receive(wire.Bye("Restarting.", 4.0, 2.0))
    driver.drop(closed(1012))
    assert driver.wait() == pytest.approx(5)


def test_a_spread_of_more_than_five_minutes_is_five() -> None:
    """Nobody is sent away for hours by one number."""
    driver = Driver(chance=0.5)
    driver.live()
    driver.receive(wire.Bye("Restarting.", 0.0, 9999.0))
    driver.drop(closed(1012))
    assert driver.wait() == pytest.approx(150)


def test_a_bye_is_of_its_connection() -> None:
    """The next connection's end is judged by itself."""
    driver = Driver(chance=0.5)
    driver.live()
    driver.receive(wire.Bye("Restarting.", 4.0, 0.0), after=10)
    driver.drop(closed(1012))
    driver.live()
    driver.drop(after=10)
    assert driver.wait() == pytest.approx(0.25)


def test_a_server_that_says_bye_to_all_who_come_is_not_hammered() -> None:
    """A bye of nothing names the first wait only; from the second on the backoff is added."""
    driver = Driver(chance=0.5)
    waits = []
    for _ in range(5):
        driver.live()
        driver.receive(wire.Bye("Go away.", 0.0, 0.0))
        driver.drop(closed(1012))
        waits.append(driver.wait())
    assert waits == pytest.approx([0, 0.5, 1, 2, 2.5])


# --- tokens -------------------------------------------------------------------------------------

REFUSED = [http(401), closed(4401)]


@rows("ending", REFUSED, ids=name)
def test_a_refused_token_is_renewed_once_and_tried_at_once(ending: Ending) -> None:
    """The source is asked, and a new token is tried without a wait."""
    driver = Driver().start()
    assert do.Renew() in driver.drop(ending)
    assert driver.session.phase is Phase.RENEWING
    assert driver.session.wake_at is None
    assert do.Dial(2) in driver.happens(ev.Renewed("new"))


@rows("ending", REFUSED, ids=name)
def test_a_token_refused_twice_in_a_row_is_fatal(ending: Ending) -> None:
    """Asking again and again would lock an account."""
    driver = Driver().start()
    driver.drop(ending)
    driver.happens(ev.Renewed("new"))
    assert do.Renew() not in driver.drop(ending)
    assert driver.session.status == "failed"
    assert driver.session.connection_status(driver.now).code == "sign_in"


def test_a_lost_connection_does_not_break_the_row_of_refusals() -> None:
    """Only what resets the backoff does: a network failure in between proves no token."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.happens(ev.Renewed("new"))
    driver.drop()
    driver.wait()
    driver.drop(http(401))
    assert driver.session.phase is Phase.FAILED


def test_a_connection_that_lasted_breaks_the_row_of_refusals() -> None:
    """A token that worked and expired is renewed again."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.happens(ev.Renewed("new"))
    driver.live()
    assert do.Renew() in driver.drop(closed(4401), after=10)


def test_a_welcome_alone_does_not_break_the_row_of_refusals() -> None:
    """Welcomed and thrown out at once, twice, is fatal."""
    driver = Driver()
    driver.live()
    driver.drop(closed(4401))
    driver.happens(ev.Renewed("new"))
    driver.live()
    driver.drop(closed(4401))
    assert driver.session.phase is Phase.FAILED


def test_a_source_without_another_token_is_fatal() -> None:
    """A token that is a string cannot be renewed."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.happens(ev.Renewed("none"))
    assert driver.session.status == "failed"


def test_a_source_that_is_unreachable_is_asked_again_later() -> None:
    """That is an outage like another: backoff, then the same question."""
    driver = Driver(chance=0.5).start()
    for due in (0.25, 0.5, 1.0):
        assert do.Renew() in driver.drop(http(401))
        driver.happens(ev.Renewed("unreachable"))
        assert driver.session.connection_status(driver.now).code == "sign_in_unavailable"
        assert driver.wait() == pytest.approx(due)


def test_a_late_token_changes_nothing() -> None:
    """Whoever left meanwhile stays away."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.happens(ev.Left())
    assert driver.happens(ev.Renewed("new")) == []
    assert driver.session.status == "closed"


# --- fatal --------------------------------------------------------------------------------------


@rows("ending", FATAL, ids=name)
def test_a_fatal_ending_stops_until_the_learner_asks(ending: Ending) -> None:
    """No time, no message, no event of the browser leads on, only the button."""
    driver = Driver()
    driver.live()
    driver.drop(ending)
    assert driver.session.status == "failed"
    assert driver.session.wake_at is None
    assert driver.session.connection_status(driver.now).advice
    for nudge in (ev.Nudge.BROWSER, ev.Nudge.WAKE, ev.Nudge.MESSAGE):
        assert driver.happens(ev.Nudged(nudge)) == []
    assert do.Dial(2) not in driver.say("m1")
    assert do.Dial(2) in driver.happens(ev.Nudged(ev.Nudge.BUTTON))


def test_a_conversation_that_was_erased_is_forgotten() -> None:
    """4410 takes the events, the state, the queue and the journal with it."""
    driver = Driver()
    driver.live(event(1), state={"step": 1}, rev=1)
    driver.say("m1")
    effects = driver.drop(closed(4410))
    assert [e for e in effects if not isinstance(e, do.ConnectionChanged | do.QueueChanged)] == [
        do.Forget("m1"),
        do.TakenBack("m1"),
        do.HistoryReplaced(0),
        do.StateChanged(),
        do.Erased(),
    ]
    assert driver.session.transcript.events == []
    assert driver.session.transcript.state == {}
    assert driver.session.outgoing.messages == {}
    driver.happens(ev.Nudged(ev.Nudge.BUTTON))
    assert driver.open().epoch is None


# --- misdirected --------------------------------------------------------------------------------


@rows("ending", MISDIRECTED, ids=name)
def test_a_stranger_is_fatal_before_the_first_welcome(ending: Ending) -> None:
    """Who answers like that was never a tutor: the address is wrong."""
    driver = Driver().start()
    if ending.kind in (Kind.CLOSED, Kind.BROKEN):
        driver.open()
    driver.drop(ending)
    assert driver.session.status == "failed"
    assert driver.session.connection_status(driver.now).advice


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", MISDIRECTED, ids=name)
def test_a_stranger_after_a_welcome_is_waited_out(ending: Ending, chance: float) -> None:
    """A proxy is being set up or a portal wants a click: every 45–60 s, and it is said."""
    driver = Driver(chance=chance)
    driver.live()
    driver.drop()
    driver.wait()
    driver.drop(ending)
    standing = driver.session.connection_status(driver.now)
    assert standing.status == "reconnecting"
    assert standing.code
    assert standing.advice
    assert driver.wait() == pytest.approx(45 + 15 * chance)


def test_the_learner_need_not_wait_for_a_stranger() -> None:
    """Whoever has clicked the portal's button may try at once."""
    driver = Driver()
    driver.live()
    driver.drop(http(302))
    assert do.Dial(2) in driver.happens(ev.Nudged(ev.Nudge.BROWSER))


# --- poison -------------------------------------------------------------------------------------

POISON = [closed(code) for code in (1002, 1003, 1007, 1008, 1009, 1011)]


@rows("ending", POISON, ids=name)
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
    assert [e.message.id for e in effects if isinstance(e, do.Save)] == ["m2"]
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


# --- closed by the client -----------------------------------------------------------------------


@rows("phase", ["dialing", "live", "waiting", "renewing", "failed"])
def test_whoever_leaves_stays_away(phase: str) -> None:
    """Left from anywhere, nothing but the program or the button leads back."""
    driver = Driver().start()
    if phase == "live":
        driver.live()
    elif phase != "dialing":
        driver.drop({"waiting": closed(1012), "renewing": http(401), "failed": closed(4404)}[phase])
    assert driver.session.phase.value == phase
    effects = driver.happens(ev.Left())
    assert (do.Close(1000, "the learner left") in effects) == (phase == "live")
    assert (do.Abort() in effects) == (phase == "dialing")
    assert driver.session.status == "closed"
    assert driver.session.wake_at is None
    for late in (ev.Ticked(), ev.Nudged(ev.Nudge.BROWSER), ev.Dropped(1, closed(1000))):
        assert driver.happens(late) == []
    assert do.Dial(2) in driver.happens(ev.Started())


def test_messages_typed_while_away_are_kept() -> None:
    """They go out when the program connects again."""
    driver = Driver()
    driver.live()
    driver.happens(ev.Left())
    assert sent(driver.say("m1")) == []
    driver.start()
    assert sent(driver.live()) == ["m1"]


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
    """Whoever types wants to be heard."""
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
