"""The circuit breaker: a pure object with the time as argument, and in calls."""

from __future__ import annotations

import re

import pytest

from tests.support.model_calls import call, finished, started
from tests.support.servers import endpoint_scripts as scripts
from tests.support.servers.endpoint import ScriptedEndpoint
from tutor_widget.server.tutors.model.endpoint.breaker import Breaker, Permit, Resting
from tutor_widget.server.tutors.model.endpoint.failure import Proof


def admitted(breaker: Breaker, now: float) -> Permit:
    permit = breaker.admit(now)
    assert isinstance(permit, Permit)
    return permit


def ended(breaker: Breaker, *proofs: Proof, now: float = 0.0) -> None:
    """Calls that end so, one after the other."""
    for proof in proofs:
        breaker.ended(admitted(breaker, now), proof, now)


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """A success between them begins the count anew; what proves nothing changes nothing."""
    breaker = Breaker(3, 30.0)
    ended(breaker, "fails", "fails", "works", "fails", "nothing", "fails")
    assert not breaker.is_open
    ended(breaker, "fails")
    assert breaker.is_open
    assert breaker.admit(0.0) == Resting(30.0)
    assert breaker.admit(20.0) == Resting(10.0)


def test_then_one_call_tries() -> None:
    """The others go on to wait until it has ended."""
    breaker = Breaker(1, 30.0)
    ended(breaker, "fails")
    admitted(breaker, 30.0)
    assert breaker.admit(31.0) == Resting(1.0)


def test_a_try_that_fails_opens_it_again() -> None:
    """For as long as before."""
    breaker = Breaker(1, 30.0)
    ended(breaker, "fails")
    ended(breaker, "fails", now=40.0)
    assert breaker.admit(50.0) == Resting(20.0)


def test_a_try_that_succeeds_closes_it() -> None:
    """The count begins anew."""
    breaker = Breaker(2, 30.0)
    ended(breaker, "fails", "fails")
    ended(breaker, "works", now=30.0)
    ended(breaker, "fails", now=31.0)
    assert not breaker.is_open


def test_a_try_that_was_stopped_leaves_its_place_to_the_next() -> None:
    """A learner who presses Stop proves nothing, and locks nobody out."""
    breaker = Breaker(1, 30.0)
    ended(breaker, "fails")
    ended(breaker, "nothing", now=30.0)
    admitted(breaker, 30.0)


def test_the_first_token_of_the_try_lets_others_ask() -> None:
    """One more failure opens it again."""
    breaker = Breaker(5, 30.0)
    ended(breaker, "fails", "fails", "fails", "fails", "fails")
    probe = admitted(breaker, 30.0)
    breaker.progressed(probe)
    admitted(breaker, 30.0)
    breaker.ended(probe, "fails", 31.0)
    assert breaker.admit(32.0) == Resting(29.0)


def test_calls_that_began_before_do_not_prolong_the_rest() -> None:
    """They fail for the same reason; and one of them that succeeds is proof, too."""
    breaker = Breaker(1, 30.0)
    old = [admitted(breaker, 0.0) for _ in range(3)]
    breaker.ended(old[0], "fails", 0.0)
    breaker.ended(old[1], "fails", 10.0)
    assert breaker.admit(10.0) == Resting(20.0)
    breaker.ended(old[2], "works", 11.0)
    assert not breaker.is_open


async def test_answers_count_and_not_their_tries() -> None:
    """Two answers of four tries each open a breaker of two, not one; then nothing is sent."""
    async with (
        ScriptedEndpoint(scripts.status(500)) as endpoint,
        started(endpoint.url, breaker_failures=2) as client,
    ):
        kinds = [(await finished(call(client))).kind for _ in range(3)]
        last = await finished(call(client))
    assert kinds == ["busy", "busy", "resting"]
    assert len(endpoint.requests) == 8
    assert re.search(r"not asked before [12]?\d|30 s are over", last.reason)
    assert (last.call.tries, last.call.prompt_tokens, last.call.seconds) == (0, 0, 0)


@pytest.mark.parametrize("status", [400, 401, 413])
async def test_what_the_request_is_to_blame_for_does_not_count(status: int) -> None:
    """One learner's bad request, or a wrong key, keeps nobody off."""
    async with (
        ScriptedEndpoint(scripts.status(status)) as endpoint,
        started(endpoint.url, breaker_failures=1) as client,
    ):
        kinds = [(await finished(call(client))).kind for _ in range(3)]
    assert kinds == ["set_up"] * 3


async def test_an_answer_that_was_filtered_does_not_count() -> None:
    """The endpoint works."""
    async with (
        ScriptedEndpoint(scripts.ending("content_filter")) as endpoint,
        started(endpoint.url, breaker_failures=1) as client,
    ):
        kinds = [(await finished(call(client))).kind for _ in range(3)]
    assert kinds == ["unusable"] * 3


async def test_an_answer_that_was_cut_off_counts() -> None:
    """It failed by the endpoint's fault, although it began."""
    async with (
        ScriptedEndpoint(scripts.after("Hel", then=scripts.drop)) as endpoint,
        started(endpoint.url, breaker_failures=2) as client,
    ):
        kinds = [(await finished(call(client))).kind for _ in range(3)]
    assert kinds == ["cut_off", "cut_off", "resting"]


async def test_after_its_rest_the_endpoint_is_asked_by_one() -> None:
    """The rest is measured by the clock that was given; its answer lets all others ask."""
    now = 0.0
    failing = [scripts.status(500)] * 4
    async with (
        ScriptedEndpoint(*failing, scripts.held("He", "llo")) as endpoint,
        started(endpoint.url, breaker_failures=1, clock=lambda: now) as client,
    ):
        assert (await finished(call(client))).kind == "busy"
        assert (await finished(call(client))).kind == "resting"
        now = 30.0
        probe = call(client)
        assert await anext(probe) == "He"
        other = call(client)
        assert await anext(other) == "He"
        endpoint.gate.set()
        assert [piece async for piece in probe] == ["llo"]
        assert [piece async for piece in other] == ["llo"]
