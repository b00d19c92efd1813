"""How connections end and what follows: each row of the table in the protocol's section 6."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.support.driver import Hand, closed, event, frames, http, loaded, sent, welcome
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
    hand = Hand(chance=chance)
    hand.live()
    hand.tick(after=10)  # proven
    hand.drop(ending)
    waits = [hand.wait(), *hand.fail_dials(5, ending)]
    assert waits == pytest.approx([chance * most for most in (0.5, 1, 2, 4, 5, 5)])


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", [*RETRIED, *BUSY], ids=name)
def test_before_the_first_welcome_the_cap_is_fifteen_seconds(ending: Ending, chance: float) -> None:
    """Whoever never met a server waits up to 15 s, and up to a minute after ten minutes."""
    hand = Hand(chance=chance).start()
    waits = hand.fail_dials(6, ending)
    assert waits == pytest.approx([chance * most for most in (0.5, 1, 2, 4, 8, 15)])
    hand.now += 600
    assert hand.fail_dials(2, ending) == pytest.approx([chance * 32, chance * 60])


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", BUSY, ids=name)
def test_a_busy_server_is_retried_no_sooner_than_it_asks(ending: Ending, chance: float) -> None:
    """Retry-After is a floor; the wait that was due comes on top of it."""
    hand = Hand(chance=chance).start()
    asked = Ending(ending.kind, ending.code, retry_after=7.0)
    assert hand.fail_dials(3, asked) == pytest.approx([7 + chance * w for w in (0.5, 1, 2)])


@rows(("asked", "floor"), [(-5.0, 0.0), (0.0, 0.0), (3600.0, 600.0)])
def test_retry_after_is_taken_as_at_most_ten_minutes(asked: float, floor: float) -> None:
    """Neither a day nor a time in the past is believed."""
    hand = Hand(chance=0.0).start()
    assert hand.fail_dials(1, http(503, asked)) == [floor]


@rows("chance", [0.0, 0.5, 0.999])
def test_too_many_connections_wait_half_a_minute(chance: float) -> None:
    """4429 is retried after 30 s and the wait that was due."""
    hand = Hand(chance=chance).start()
    assert hand.fail_dials(2, closed(4429)) == pytest.approx([30 + chance / 2, 30 + chance])


def test_an_unknown_name_is_told_at_once_and_retried() -> None:
    """A machine that is offline does not know any name; the status says what is wrong."""
    hand = Hand().start()
    assert do.ConnectionChanged() in hand.drop(Ending(Kind.UNRESOLVED))
    standing = hand.session.standing(hand.now)
    assert standing.status == "connecting"
    assert standing.code == standing.advice == "name_not_found"
    hand.wait()


# --- bye ----------------------------------------------------------------------------------------


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", [closed(1012), closed(1001), Ending(Kind.LOST), Ending(Kind.SILENT)], ids=name)
def test_after_a_bye_the_wait_is_the_servers(ending: Ending, chance: float) -> None:
    """retry_after, and uniform in spread; then the backoff begins at its beginning."""
    hand = Hand(chance=chance)
    hand.live()
    hand.receive(wire.Bye("Restarting.", 4.0, 2.0), after=10)
    hand.drop(ending)
    assert hand.wait() == pytest.approx(4 + 2 * chance)
    assert hand.fail_dials(2) == pytest.approx([chance / 2, chance])


def test_a_bye_for_ever_is_one_for_an_hour() -> None:
    """A broken server keeps nobody away for good by one number."""
    hand = Hand(chance=0.0)
    hand.live()
    hand.receive(wire.Bye("Restarting.", 1e15, 0.0), after=10)
    hand.drop(closed(1012))
    assert hand.wait() == 3600


def test_a_bye_before_the_welcome_counts() -> None:
    """A server that drains says so to whoever still came in."""
    hand = Hand(chance=0.5).start()
    hand.open()
    hand.receive(wire.Bye("Restarting.", 4.0, 2.0))
    hand.drop(closed(1012))
    assert hand.wait() == pytest.approx(5)


def test_a_spread_of_more_than_five_minutes_is_five() -> None:
    """Nobody is sent away for hours by one number."""
    hand = Hand(chance=0.5)
    hand.live()
    hand.receive(wire.Bye("Restarting.", 0.0, 9999.0))
    hand.drop(closed(1012))
    assert hand.wait() == pytest.approx(150)


def test_a_bye_is_of_its_connection() -> None:
    """The next connection's end is judged by itself."""
    hand = Hand(chance=0.5)
    hand.live()
    hand.receive(wire.Bye("Restarting.", 4.0, 0.0), after=10)
    hand.drop(closed(1012))
    hand.live()
    hand.drop(after=10)
    assert hand.wait() == pytest.approx(0.25)


def test_a_server_that_says_bye_to_all_who_come_is_not_hammered() -> None:
    """A bye of nothing names the first wait only; from the second on the backoff is added."""
    hand = Hand(chance=0.5)
    waits = []
    for _ in range(5):
        hand.live()
        hand.receive(wire.Bye("Go away.", 0.0, 0.0))
        hand.drop(closed(1012))
        waits.append(hand.wait())
    assert waits == pytest.approx([0, 0.5, 1, 2, 2.5])


# --- tokens -------------------------------------------------------------------------------------

REFUSED = [http(401), closed(4401)]


@rows("ending", REFUSED, ids=name)
def test_a_refused_token_is_renewed_once_and_tried_at_once(ending: Ending) -> None:
    """The source is asked, and a new token is tried without a wait."""
    hand = Hand().start()
    assert do.Renew() in hand.drop(ending)
    assert hand.session.phase is Phase.RENEWING
    assert hand.session.wake_at is None
    assert do.Dial(2) in hand.happens(ev.Renewed("new"))


@rows("ending", REFUSED, ids=name)
def test_a_token_refused_twice_in_a_row_is_fatal(ending: Ending) -> None:
    """Asking again and again would lock an account."""
    hand = Hand().start()
    hand.drop(ending)
    hand.happens(ev.Renewed("new"))
    assert do.Renew() not in hand.drop(ending)
    assert hand.session.status == "failed"
    assert hand.session.standing(hand.now).code == "sign_in"


def test_a_lost_connection_does_not_break_the_row_of_refusals() -> None:
    """Only what resets the backoff does: a network failure in between proves no token."""
    hand = Hand().start()
    hand.drop(http(401))
    hand.happens(ev.Renewed("new"))
    hand.drop()
    hand.wait()
    hand.drop(http(401))
    assert hand.session.phase is Phase.FAILED


def test_a_connection_that_lasted_breaks_the_row_of_refusals() -> None:
    """A token that worked and expired is renewed again."""
    hand = Hand().start()
    hand.drop(http(401))
    hand.happens(ev.Renewed("new"))
    hand.live()
    assert do.Renew() in hand.drop(closed(4401), after=10)


def test_a_welcome_alone_does_not_break_the_row_of_refusals() -> None:
    """Welcomed and thrown out at once, twice, is fatal."""
    hand = Hand()
    hand.live()
    hand.drop(closed(4401))
    hand.happens(ev.Renewed("new"))
    hand.live()
    hand.drop(closed(4401))
    assert hand.session.phase is Phase.FAILED


def test_a_source_without_another_token_is_fatal() -> None:
    """A token that is a string cannot be renewed."""
    hand = Hand().start()
    hand.drop(http(401))
    hand.happens(ev.Renewed("none"))
    assert hand.session.status == "failed"


def test_a_source_that_is_unreachable_is_asked_again_later() -> None:
    """That is an outage like another: backoff, then the same question."""
    hand = Hand(chance=0.5).start()
    for due in (0.25, 0.5, 1.0):
        assert do.Renew() in hand.drop(http(401))
        hand.happens(ev.Renewed("unreachable"))
        assert hand.session.standing(hand.now).code == "sign_in_unavailable"
        assert hand.wait() == pytest.approx(due)


def test_a_late_token_changes_nothing() -> None:
    """Whoever left meanwhile stays away."""
    hand = Hand().start()
    hand.drop(http(401))
    hand.happens(ev.Left())
    assert hand.happens(ev.Renewed("new")) == []
    assert hand.session.status == "closed"


# --- fatal --------------------------------------------------------------------------------------


@rows("ending", FATAL, ids=name)
def test_a_fatal_ending_stops_until_the_learner_asks(ending: Ending) -> None:
    """No time, no message, no event of the browser leads on, only the button."""
    hand = Hand()
    hand.live()
    hand.drop(ending)
    assert hand.session.status == "failed"
    assert hand.session.wake_at is None
    assert hand.session.standing(hand.now).advice
    for nudge in (ev.Nudge.BROWSER, ev.Nudge.WAKE, ev.Nudge.MESSAGE):
        assert hand.happens(ev.Nudged(nudge)) == []
    assert do.Dial(2) not in hand.say("m1")
    assert do.Dial(2) in hand.happens(ev.Nudged(ev.Nudge.BUTTON))


def test_a_conversation_that_was_erased_is_forgotten() -> None:
    """4410 takes the events, the state, the queue and the journal with it."""
    hand = Hand()
    hand.live(event(1), state={"step": 1}, rev=1)
    hand.say("m1")
    effects = hand.drop(closed(4410))
    assert [e for e in effects if not isinstance(e, do.ConnectionChanged | do.QueueChanged)] == [
        do.Forget("m1"),
        do.TakenBack("m1"),
        do.HistoryReplaced(0),
        do.StateChanged(),
        do.Erased(),
    ]
    assert hand.session.transcript.events == []
    assert hand.session.transcript.state == {}
    assert hand.session.outgoing.messages == {}
    hand.happens(ev.Nudged(ev.Nudge.BUTTON))
    assert hand.open().epoch is None


# --- misdirected --------------------------------------------------------------------------------


@rows("ending", MISDIRECTED, ids=name)
def test_a_stranger_is_fatal_before_the_first_welcome(ending: Ending) -> None:
    """Who answers like that was never a tutor: the address is wrong."""
    hand = Hand().start()
    if ending.kind in (Kind.CLOSED, Kind.BROKEN):
        hand.open()
    hand.drop(ending)
    assert hand.session.status == "failed"
    assert hand.session.standing(hand.now).advice


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", MISDIRECTED, ids=name)
def test_a_stranger_after_a_welcome_is_waited_out(ending: Ending, chance: float) -> None:
    """A proxy is being set up or a portal wants a click: every 45–60 s, and it is said."""
    hand = Hand(chance=chance)
    hand.live()
    hand.drop()
    hand.wait()
    hand.drop(ending)
    standing = hand.session.standing(hand.now)
    assert standing.status == "reconnecting"
    assert standing.code
    assert standing.advice
    assert hand.wait() == pytest.approx(45 + 15 * chance)


def test_the_learner_need_not_wait_for_a_stranger() -> None:
    """Whoever has clicked the portal's button may try at once."""
    hand = Hand()
    hand.live()
    hand.drop(http(302))
    assert do.Dial(2) in hand.happens(ev.Nudged(ev.Nudge.BROWSER))


# --- poison -------------------------------------------------------------------------------------

POISON = [closed(code) for code in (1002, 1003, 1007, 1008, 1009, 1011)]


@rows("ending", POISON, ids=name)
def test_a_message_that_ends_the_connection_twice_is_set_aside(ending: Ending) -> None:
    """First all that was under way is sent one by one; the one that does it again has failed."""
    hand = Hand()
    hand.live()
    effects = [*hand.say("m1"), *hand.say("m2"), *hand.say("m3")]
    assert sent(effects) == ["m1", "m2", "m3"]
    hand.drop(ending, after=1.9)
    assert hand.status_of == dict.fromkeys(["m1", "m2", "m3"], "queued")

    assert sent(hand.live()) == ["m1"]
    assert sent(hand.receive(event(1, "m1"))) == ["m2"]
    effects = hand.drop(ending, after=0.1)
    assert hand.status_of == {"m2": "failed", "m3": "queued"}
    assert [e.message.id for e in effects if isinstance(e, do.Save)] == ["m2"]
    assert hand.session.outgoing.messages["m2"].code == "breaks_connection"

    assert sent(hand.live()) == ["m3"]
    assert sent(hand.receive(event(2, "m3")) + hand.say("m4") + hand.say("m5")) == ["m4", "m5"]


def test_a_single_poisonous_message_is_retried_once() -> None:
    """Twice after the same message is enough, and the connection stays for the rest."""
    hand = Hand(chance=0.5)
    hand.live()
    hand.say("m1")
    hand.drop(closed(1008))
    assert hand.session.status == "reconnecting"
    assert hand.wait() == pytest.approx(0.25)
    assert sent(hand.live()) == ["m1"]
    hand.drop(closed(1008))
    assert hand.status_of == {"m1": "failed"}
    assert sent(hand.live()) == []


def test_late_endings_blame_no_message() -> None:
    """More than two seconds after sending, a close is the server's own affair."""
    hand = Hand()
    hand.live()
    for _ in range(6):
        hand.say("m1")
        hand.drop(closed(1011), after=2.1)
        hand.live()
    assert hand.status_of == {"m1": "sent"}


def test_a_message_too_big_is_known_however_long_it_took() -> None:
    """1009 comes when the whole message has arrived, over a slow line after many seconds."""
    hand = Hand()
    hand.live()
    hand.say("m1")
    hand.drop(closed(1009), after=9)
    hand.live()
    hand.drop(closed(1009), after=9)
    assert hand.status_of == {"m1": "failed"}


def test_an_end_without_a_frame_counts_only_at_the_fifth_time() -> None:
    """A flaky network looks like that too; five times in a row, alone under way, does not."""
    hand = Hand()
    hand.live()
    hand.say("m1")
    hand.say("m2")
    hand.drop()
    assert sent(hand.live()) == ["m1", "m2"]
    hand.drop()  # the second time: now one at a time
    for _ in range(4):
        assert sent(hand.live()) == ["m1"]
        hand.drop()
        assert "failed" not in hand.status_of.values()
    hand.live()
    hand.drop()
    assert hand.status_of == {"m1": "failed", "m2": "queued"}


def test_a_connection_that_outlived_a_message_speaks_for_it() -> None:
    """The endings before do not count any more: only five in a row do."""
    hand = Hand()
    hand.live()
    hand.say("m1")
    for _ in range(3):
        for _ in range(4):
            hand.drop()
            assert sent(hand.live()) == ["m1"]
        hand.drop(after=2.5)
        hand.live()
    assert hand.status_of == {"m1": "sent"}


def test_a_healthy_message_is_never_set_aside() -> None:
    """Five hundred servers killed within seconds of a message cost it nothing."""
    hand = Hand()
    hand.live()
    for number in range(1, 501):
        id = f"m{number}"
        hand.say(id)
        hand.drop(closed(1011) if number % 3 else Ending(Kind.LOST), after=0.5)
        hand.live(event(number, id))  # it had been committed
    assert hand.status_of == {}


@rows("ending", [Ending(Kind.SILENT), closed(1012), closed(1001), Ending(Kind.BROKEN, 1002)])
def test_other_endings_blame_no_message(ending: Ending) -> None:
    """Silence, a restart or what we closed ourselves says nothing about what was sent."""
    hand = Hand()
    hand.live()
    for number in range(6):
        effects = hand.say("m1") if number == 0 else []
        assert sent(effects or hand.live()) == ["m1"]
        hand.drop(ending)
    assert hand.status_of == {"m1": "queued"}


def test_what_is_being_taken_back_is_not_set_aside() -> None:
    """It would become one that can be tried again, though the learner wants it gone."""
    hand = Hand()
    hand.live()
    hand.say("m1")
    hand.happens(ev.Discarded("m1"))
    hand.happens(ev.Saved(("m1",)))
    for _ in range(3):
        hand.drop(closed(1011))
        hand.live()
    assert hand.status_of == {"m1": "withdrawing"}


def test_a_message_set_aside_may_turn_out_delivered() -> None:
    """Its event settles it, whatever was thought before."""
    hand = Hand()
    hand.live()
    hand.say("m1")
    hand.drop(closed(1011))
    hand.live()
    hand.drop(closed(1011))
    assert hand.status_of == {"m1": "failed"}
    assert do.Committed(event(1, "m1")) in hand.live(event(1, "m1"))
    assert hand.status_of == {}


def test_a_message_set_aside_can_be_tried_again() -> None:
    """Its record is clean then: it takes two more endings to set it aside."""
    hand = Hand()
    hand.live()
    hand.say("m1")
    hand.drop(closed(1011))
    hand.live()
    hand.drop(closed(1011))
    hand.live()
    assert sent(hand.happens(ev.Retried("m1"))) == ["m1"]
    hand.drop(closed(1011))
    assert hand.status_of == {"m1": "queued"}


def test_a_message_set_aside_is_taken_back_through_the_server() -> None:
    """It was transmitted, so only the server can promise that it is never committed."""
    hand = Hand()
    hand.happens(ev.Loaded((loaded("m1", status="failed", transmitted=True),)))
    hand.live()
    hand.happens(ev.Discarded("m1"))
    assert hand.status_of == {"m1": "withdrawing"}
    assert frames(hand.happens(ev.Saved(("m1",)))) == [wire.Withdraw("m1")]


# --- closed by the client -----------------------------------------------------------------------


@rows("phase", ["dialing", "live", "waiting", "renewing", "failed"])
def test_whoever_leaves_stays_away(phase: str) -> None:
    """Left from anywhere, nothing but the program or the button leads back."""
    hand = Hand().start()
    if phase == "live":
        hand.live()
    elif phase != "dialing":
        hand.drop({"waiting": closed(1012), "renewing": http(401), "failed": closed(4404)}[phase])
    assert hand.session.phase.value == phase
    effects = hand.happens(ev.Left())
    assert (do.Close(1000, "the learner left") in effects) == (phase == "live")
    assert (do.Abort() in effects) == (phase == "dialing")
    assert hand.session.status == "closed"
    assert hand.session.wake_at is None
    for late in (ev.Ticked(), ev.Nudged(ev.Nudge.BROWSER), ev.Dropped(1, closed(1000))):
        assert hand.happens(late) == []
    assert do.Dial(2) in hand.happens(ev.Started())


def test_messages_typed_while_away_are_kept() -> None:
    """They go out when the program connects again."""
    hand = Hand()
    hand.live()
    hand.happens(ev.Left())
    assert sent(hand.say("m1")) == []
    hand.start()
    assert sent(hand.live()) == ["m1"]


# --- what forgives ------------------------------------------------------------------------------


def worn() -> Hand:
    """A session that has failed to connect five times, and is dialling."""
    hand = Hand(chance=1.0)
    hand.live(event(1))
    hand.drop(after=10)
    hand.wait()
    hand.fail_dials(4)
    return hand


def next_wait(hand: Hand) -> float:
    hand.drop()
    return hand.wait()


def test_opening_and_a_welcome_forgive_nothing() -> None:
    """A flapping server does both happily."""
    hand = worn()
    hand.live()
    assert next_wait(hand) == 5


def test_ten_seconds_forgive() -> None:
    """A connection that lasts has proved itself, and one that lasts 9.9 s has not."""
    for lasted, wait in ((9.9, 5), (10, 0.5)):
        hand = worn()
        hand.live()
        hand.tick(after=lasted)
        assert next_wait(hand) == wait


@rows("ids", [["_e2"], ["_e2", "_e3"]])
def test_a_resumed_log_that_grows_forgives(ids: list[str]) -> None:
    """Events that were missing are progress."""
    hand = worn()
    hand.live(*(event(2 + n, id) for n, id in enumerate(ids)))
    assert next_wait(hand) == 0.5


def test_a_live_event_forgives() -> None:
    """The log moved forward on this connection."""
    hand = worn()
    hand.live()
    hand.receive(event(2))
    assert next_wait(hand) == 0.5


def test_an_acknowledged_message_forgives() -> None:
    """The outbox moved forward, even where the event was known."""
    hand = worn()
    hand.session.step(ev.Loaded((loaded("_e1"),)), hand.now)
    hand.live()
    assert do.Acknowledged("_e1") in hand.receive(event(1))
    assert next_wait(hand) == 0.5


def test_a_replay_after_a_reset_forgives_nothing() -> None:
    """A server that loses its log each time sends it anew each time."""
    hand = worn()
    hand.live(event(1), event(2), reset=True, epoch="e2")
    assert next_wait(hand) == 5


def test_a_replay_to_a_client_without_prefix_forgives_nothing() -> None:
    """The first replay proves no more than a welcome."""
    hand = Hand(chance=1.0).start()
    hand.fail_dials(5)
    hand.live(event(1), event(2))
    assert next_wait(hand) == 5


def test_an_hour_of_connection_is_no_outage() -> None:
    """Ten minutes without a welcome are counted from the loss of the connection."""
    hand = Hand(chance=1.0)
    hand.live()
    hand.drop(after=3600)
    assert [hand.wait(), *hand.fail_dials(6)] == [0.5, 1, 2, 4, 5, 5, 5]
    hand.now += 600
    assert hand.fail_dials(1) == [60]


def test_an_hour_of_absence_is_no_outage() -> None:
    """Nor does it count while nobody wants a connection."""
    hand = Hand(chance=1.0)
    hand.live()
    hand.happens(ev.Left())
    hand.now += 3600
    hand.start()
    assert hand.fail_dials(7) == [0.5, 1, 2, 4, 5, 5, 5]


def test_the_spread_slows_a_large_class() -> None:
    """The first wait is uniform in the spread, the cap four times that."""
    hand = Hand(chance=1.0)
    hand.live(spread=12.0)
    hand.drop(after=10)
    assert [hand.wait(), *hand.fail_dials(7)] == [12, 1, 2, 4, 8, 16, 32, 48]


# --- nudges -------------------------------------------------------------------------------------


@rows("nudge", list(ev.Nudge))
def test_a_nudge_ends_the_wait(nudge: ev.Nudge) -> None:
    """The button, a message, the browser and waking up all make it try now."""
    hand = worn()
    hand.drop()
    assert do.Dial(hand.session.dial + 1) in hand.happens(ev.Nudged(nudge), after=0.01)


def test_a_message_is_a_nudge() -> None:
    """Whoever types wants to be heard."""
    hand = worn()
    hand.drop()
    assert do.Dial(hand.session.dial + 1) in hand.happens(ev.Typed("m1", "hello", 0))


@rows("nudge", list(ev.Nudge))
def test_nudges_count_once_a_second(nudge: ev.Nudge) -> None:
    """An impatient finger does not hammer the server."""
    hand = worn()
    hand.drop()
    hand.happens(ev.Nudged(nudge))
    hand.drop(after=0.5)
    assert hand.happens(ev.Nudged(nudge), after=0.49) == []
    assert do.Dial(hand.session.dial + 1) in hand.happens(ev.Nudged(nudge), after=0.02)


def test_messages_of_a_large_class_nudge_once_in_a_spread() -> None:
    """The button may every second; what everybody does may not."""
    hand = Hand(chance=1.0)
    hand.live(spread=20.0)
    hand.drop()
    assert do.Dial(2) in hand.happens(ev.Typed("m1", "hello", 0))
    hand.drop(after=1)
    assert do.Dial(3) not in hand.happens(ev.Typed("m2", "hello", 0))
    assert do.Dial(3) in hand.happens(ev.Nudged(ev.Nudge.BUTTON))


@rows("nudge", list(ev.Nudge))
@rows(
    ("ending", "floor"),
    [(http(503, 8.0), 8.0), (http(429, 9999.0), 600.0), (closed(4429), 30.0)],
)
def test_no_nudge_goes_below_what_the_server_asked(
    ending: Ending, floor: float, nudge: ev.Nudge
) -> None:
    """It ends the wait that comes on top, and the status says until when."""
    hand = worn()
    hand.drop(ending)
    assert hand.due == pytest.approx(floor + 5)
    hand.happens(ev.Nudged(nudge), after=1)
    assert hand.session.phase is Phase.WAITING
    assert hand.due == pytest.approx(floor - 1)
    assert hand.session.standing(hand.now).retry_at == pytest.approx(hand.now + floor - 1)


def test_no_nudge_shortens_a_bye() -> None:
    """A server that restarts said when it will be there."""
    hand = Hand(chance=0.5)
    hand.live()
    hand.receive(wire.Bye("Restarting.", 4.0, 2.0))
    hand.drop(closed(1012))
    hand.happens(ev.Nudged(ev.Nudge.BUTTON), after=1)
    assert hand.due == pytest.approx(4)


def test_nudges_while_dialling_change_nothing() -> None:
    """It is trying already."""
    hand = Hand().start()
    assert hand.happens(ev.Nudged(ev.Nudge.BUTTON)) == []


# --- time to open -------------------------------------------------------------------------------


def test_an_answer_to_the_handshake_is_due_in_ten_seconds() -> None:
    """Then the try is given up and counts as a failure; the way to the token does not count."""
    hand = Hand().start()
    hand.happens(ev.Located(1), after=9.9)
    assert hand.due == 10
    assert do.Abort() not in hand.tick(after=9.9)
    assert do.Abort() in hand.tick(after=0.1)
    assert hand.session.phase is Phase.WAITING


@rows("got", [0, 1, 2])
def test_welcome_and_replay_are_due_ten_seconds_after_the_handshake(got: int) -> None:
    """However far it came, what is not live by then is given up."""
    hand = Hand().start()
    hand.now += 9
    hand.open()
    assert hand.due == 10
    opening: list[wire.ServerFrame] = [welcome(seq=3), event(1), event(2)]
    hand.receive(*opening[:got], after=9)
    assert do.Abort() in hand.tick(after=1)
    assert hand.session.phase is Phase.WAITING


def test_a_policy_is_data() -> None:
    """A row of the table can be looked up without a session."""
    assert policy_for(http(503, 3.0)) == Policy(
        Recovery.RETRY, "not_ready", {"status": 503}, floor=3.0
    )
