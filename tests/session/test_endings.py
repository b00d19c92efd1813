"""How connections end and what follows: each row of the table in the protocol's section 6."""

from __future__ import annotations

from contextlib import suppress
from typing import get_args

import pytest

from tests.support.driver import Driver, closed, ending_id, event, http, sent
from tutor_widget import wire
from tutor_widget.codes import Code
from tutor_widget.errors import Refused
from tutor_widget.session import Ending, Kind, Phase, Recovery, policy_for
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.words import advice, sentence

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


rows = pytest.mark.parametrize


@rows("ending", ALL, ids=ending_id)
def test_people_are_told_of_every_ending(ending: Ending) -> None:
    """Each has a code of what happened, and each that stops the client one of what to do."""
    policy = policy_for(ending)
    assert policy.code in get_args(Code)
    assert policy.advice == policy.code or policy.recovery is Recovery.RETRY


# --- retried ------------------------------------------------------------------------------------


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", RETRIED, ids=ending_id)
def test_what_may_pass_is_retried_with_full_jitter(ending: Ending, chance: float) -> None:
    """The first wait is uniform in half a second, the n-th in 0.5 s · 2ⁿ, up to 5 s."""
    driver = Driver(chance=chance)
    driver.live()
    driver.tick(after=10)  # proven
    driver.drop(ending)
    waits = [driver.wait(), *driver.fail_dials(5, ending)]
    assert waits == pytest.approx([chance * most for most in (0.5, 1, 2, 4, 5, 5)])


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", [*RETRIED, *BUSY], ids=ending_id)
def test_before_the_first_welcome_the_cap_is_fifteen_seconds(ending: Ending, chance: float) -> None:
    """A client without a welcome so far waits up to 15 s, and up to a minute after ten minutes."""
    driver = Driver(chance=chance).start()
    waits = driver.fail_dials(6, ending)
    assert waits == pytest.approx([chance * most for most in (0.5, 1, 2, 4, 8, 15)])
    driver.now += 600
    assert driver.fail_dials(2, ending) == pytest.approx([chance * 32, chance * 60])


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", BUSY, ids=ending_id)
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
    status = driver.session.connection_status(driver.now)
    assert status.status == "connecting"
    assert status.code == status.advice == "name_not_found"
    driver.wait()


# --- bye ----------------------------------------------------------------------------------------


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", [closed(1012), closed(1001), Ending(Kind.LOST), Ending(Kind.SILENT)], ids=ending_id)
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
    """A server that drains says so to clients that it has accepted."""
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


@rows("ending", REFUSED, ids=ending_id)
def test_a_refused_token_is_renewed_once_and_tried_at_once(ending: Ending) -> None:
    """The source is asked, and a new token is tried without a wait."""
    driver = Driver().start()
    assert do.Renew(1) in driver.drop(ending)
    assert driver.session.phase is Phase.RENEWING
    assert driver.session.wake_at is None
    assert do.Dial(2) in driver.renewed("new")


@rows("ending", REFUSED, ids=ending_id)
def test_a_token_refused_twice_in_a_row_is_fatal(ending: Ending) -> None:
    """Asking again and again would lock an account."""
    driver = Driver().start()
    driver.drop(ending)
    driver.renewed("new")
    assert not any(isinstance(e, do.Renew) for e in driver.drop(ending))
    assert driver.session.status == "failed"
    assert driver.session.connection_status(driver.now).code == "sign_in"


def test_a_lost_connection_does_not_break_the_row_of_refusals() -> None:
    """Only what resets the backoff does: a network failure in between proves no token."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.renewed("new")
    driver.drop()
    driver.wait()
    driver.drop(http(401))
    assert driver.session.phase is Phase.FAILED


def test_a_connection_that_lasted_breaks_the_row_of_refusals() -> None:
    """A token that worked and expired is renewed again."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.renewed("new")
    driver.live()
    assert do.Renew(2) in driver.drop(closed(4401), after=10)


def test_a_welcome_alone_does_not_break_the_row_of_refusals() -> None:
    """Welcomed and thrown out at once, twice, is fatal."""
    driver = Driver()
    driver.live()
    driver.drop(closed(4401))
    driver.renewed("new")
    driver.live()
    driver.drop(closed(4401))
    assert driver.session.phase is Phase.FAILED


def test_a_source_without_another_token_is_fatal() -> None:
    """A token that is a string cannot be renewed."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.renewed("none")
    assert driver.session.status == "failed"


UNREACHABLE = Ending(Kind.LOST, cause="sign_in_unavailable")


def test_a_source_that_is_unreachable_is_asked_again_later() -> None:
    """That is an outage like another: backoff, then the same question, before anything is dialled.
    When the source has a token again, that is tried."""
    driver = Driver(chance=0.5).start()
    assert do.Renew(1) in driver.drop(http(401))
    driver.renewed("unreachable")
    for due in (0.25, 0.5, 1.0):
        assert driver.session.connection_status(driver.now).code == "sign_in_unavailable"
        assert driver.wait() == pytest.approx(due)
        driver.drop(UNREACHABLE)
    driver.wait()
    driver.live()
    assert driver.session.status == "connected"


@rows("ending", REFUSED, ids=ending_id)
def test_an_unreachable_source_does_not_break_the_row_of_refusals(ending: Ending) -> None:
    """What it returns later is the new token; if that is refused too, it is the second."""
    driver = Driver().start()
    driver.drop(ending)
    driver.renewed("unreachable")
    driver.wait()
    driver.drop(UNREACHABLE)
    driver.wait()
    assert not any(isinstance(e, do.Renew) for e in driver.drop(ending))
    assert driver.session.status == "failed"


def test_a_late_token_changes_nothing() -> None:
    """A client that left meanwhile stays disconnected."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.happens(ev.Left())
    assert driver.renewed("new") == []
    assert driver.session.status == "closed"


@rows("outcome", ["new", "none", "unreachable", "rubbish"])
def test_a_token_that_an_earlier_dial_asked_for_changes_nothing(outcome: str) -> None:
    """The present dial has asked too, and waits for its own answer."""
    driver = Driver().start()
    driver.drop(http(401))
    driver.happens(ev.Left())
    driver.happens(ev.Started())
    assert do.Renew(2) in driver.drop(http(401))
    assert driver.renewed(outcome, dial=1) == []
    assert driver.session.phase is Phase.RENEWING
    assert do.Dial(3) in driver.renewed("new")


# --- fatal --------------------------------------------------------------------------------------


@rows("ending", FATAL, ids=ending_id)
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
    with suppress(Refused):  # by a conversation that was erased
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


@rows("ending", MISDIRECTED, ids=ending_id)
def test_a_stranger_is_fatal_before_the_first_welcome(ending: Ending) -> None:
    """Who answers like that was never a tutor: the address is wrong."""
    driver = Driver().start()
    if ending.kind in (Kind.CLOSED, Kind.BROKEN):
        driver.open()
    driver.drop(ending)
    assert driver.session.status == "failed"
    assert driver.session.connection_status(driver.now).advice


@rows("chance", [0.0, 0.5, 0.999])
@rows("ending", MISDIRECTED, ids=ending_id)
def test_a_stranger_after_a_welcome_is_waited_out(ending: Ending, chance: float) -> None:
    """A proxy is being set up or a portal wants a click: every 45–60 s, and it is said."""
    driver = Driver(chance=chance)
    driver.live()
    driver.drop()
    driver.wait()
    driver.drop(ending)
    status = driver.session.connection_status(driver.now)
    assert status.status == "reconnecting"
    assert status.code
    assert status.advice
    assert driver.wait() == pytest.approx(45 + 15 * chance)


def test_the_learner_need_not_wait_for_a_stranger() -> None:
    """After the portal's button was pressed, the learner may try at once."""
    driver = Driver()
    driver.live()
    driver.drop(http(302))
    assert do.Dial(2) in driver.happens(ev.Nudged(ev.Nudge.BROWSER))


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


def test_a_conversation_that_is_refused_says_why() -> None:
    """An id that can be guessed is nobody's: the server's sentence is shown with what to do."""
    driver = Driver().start()
    driver.drop(Ending(Kind.CLOSED, 4403, "session ids need 22 characters here"))
    status = driver.session.connection_status(driver.now)
    assert (status.status, status.code) == ("failed", "not_yours_because")
    assert "session ids need 22 characters here" in sentence(status.code, status.args)
    assert advice(status.advice)
    driver = Driver().start()
    driver.drop(closed(4403))
    assert driver.session.connection_status(driver.now).code == "not_yours"
