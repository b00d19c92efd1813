"""How a class comes back: counted on a simulated clock, one session for each learner."""

from __future__ import annotations

import heapq
from random import Random

from tests.support.driver import LOST, Driver, closed, welcome
from tutor_widget import wire
from tutor_widget.session import Ending, Policy, Recovery, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.retry import RetryPolicy

REFUSED_AFTER = 0.001
"""Seconds until a dial to a dead server is refused."""


class Class:
    """Learners whose server died at time 0."""

    def __init__(self, learners: int, *, spread: float = 0.0, seed: int = 1) -> None:
        self.dice = Random(seed)
        self.sessions = [Session("s", f"i{n}", now=-60.0) for n in range(learners)]
        for session in self.sessions:
            session.step(ev.Started(), -60.0)
            session.step(ev.Opened(1), -60.0)
            session.step(ev.Received(1, welcome(spread=spread)), -60.0)

    def end(self, ending: Ending = LOST, *, bye: wire.Bye | None = None) -> None:
        """Every connection ends at once, with or without a word."""
        for session in self.sessions:
            if bye is not None:
                session.step(ev.Received(1, bye), 0.0)
            session.step(ev.Dropped(1, ending), 0.0, self.dice.random())

    def return_after(self, outage: float) -> list[float]:
        """Seconds from the server's return to each learner's next try, in order."""
        back = []
        agenda = [(session.wake_at or 0.0, n) for n, session in enumerate(self.sessions)]
        heapq.heapify(agenda)
        while agenda:
            now, n = heapq.heappop(agenda)
            session = self.sessions[n]
            assert any(isinstance(e, do.Dial) for e in session.step(ev.Ticked(), now))
            if now >= outage:
                back.append(now - outage)
                continue
            now += REFUSED_AFTER
            session.step(ev.Dropped(session.dial, LOST), now, self.dice.random())
            heapq.heappush(agenda, (session.wake_at or 0.0, n))
        return back


def busiest(times: list[float]) -> int:
    """The most arrivals in any tenth of a second, wherever it begins."""
    most = first = 0
    for last, time in enumerate(times):
        while time - times[first] >= 0.1:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_a_thousand_learners_come_back_gently_within_seconds() -> None:
    """After 30 s: at most 60 in 100 ms, half within 1.6 s, 99 % within 5 s."""
    thousand = Class(1000)
    thousand.end()
    back = thousand.return_after(30)
    assert busiest(back) <= 60
    assert back[500] <= 1.6
    assert back[990] <= 5


def test_ten_thousand_learners_are_spread_by_their_server() -> None:
    """Whose spread is its learners ÷ 800 per second: at most 100 in 100 ms."""
    many = Class(10_000, spread=12.5)
    many.end()
    back = many.return_after(30)
    assert busiest(back) <= 100
    assert back[-1] <= 50


def test_a_restart_with_a_bye_brings_a_class_back_evenly() -> None:
    """Nobody comes before the server is there, and all within its spread."""
    many = Class(1000)
    many.end(closed(1012), bye=wire.Bye("Restarting.", 3.0, 2.0))
    back = many.return_after(3)
    assert back[0] >= 0
    assert back[-1] <= 2
    assert busiest(back) <= 80


def test_one_learner_is_back_within_seconds() -> None:
    """After whatever outage up to ten minutes, five seconds at most."""
    for outage in (1, 3, 10, 30, 120, 500):
        one = Class(200, seed=outage)
        one.end()
        back = one.return_after(outage)
        assert back[-1] <= 5
        assert back[100] <= 2


def test_a_server_that_accepts_and_closes_is_tried_rarely() -> None:
    """At most 25 attempts in 30 s, however happily it says welcome, with any luck."""
    for seed in range(300):
        dice = Random(seed)
        driver = Driver().start()
        until = driver.now + 30
        while driver.now < until:
            driver.chance = dice.random()
            driver.live()
            driver.drop(closed(1000), after=0.001)
            driver.wait()
        assert driver.session.dial <= 25, seed


def test_an_outage_of_a_day_costs_few_attempts() -> None:
    """Once it is long, one in half a minute on average."""
    dice = Random(7)
    driver = Driver()
    driver.live()
    until = driver.now + 86_400
    while driver.now < until:
        driver.chance = dice.random()
        driver.drop()
        driver.wait()
    assert driver.session.dial <= 86_400 / 30 * 1.2 + 300


def wait(policy: RetryPolicy, now: float, chance: float) -> float:
    """The seconds that the policy waits after one more failure."""
    assert policy.decide(Policy(Recovery.RETRY, "connection_lost"), now, chance) is Recovery.RETRY
    return policy.retry_at - now


def test_endless_failures_do_not_overflow() -> None:
    """The power of two stops growing long before a float does."""
    policy = RetryPolicy(0.0)
    assert [wait(policy, float(n), 1.0) for n in range(5000)][-1] == 60


def test_full_jitter_is_uniform() -> None:
    """The wait is the chance times the longest wait: no floor, no fixed part."""
    longest = [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    for chance in (0.0, 0.25, 0.5, 0.999):
        policy = RetryPolicy(0.0)
        policy.welcomed(0.0, spread=0.0)
        for n, most in enumerate(longest):
            assert policy.failures == n
            assert wait(policy, 0.0, chance) == chance * most
