"""What must hold whatever happens: hypothesis composes lives, and shrinks the ones that go wrong.

Random schedules of the same deeds go further than it does: `test_simulator`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from simulator.client.client import Client
from simulator.workload import Life
from tests.support.driver import LOST, closed, http
from tutor_widget.session import Ending
from tutor_widget.session import events as ev

ENDINGS = [
    LOST,
    closed(1000),
    closed(1012),
    closed(1013),
    closed(4408),
    closed(4429),
    http(429, 3.0),
    http(503),
    http(401),
    http(502, 1.0),
]


clients = st.sampled_from(["ada", "bob"])
seconds = st.sampled_from([0.001, 0.004, 0.01, 0.03, 0.1, 0.5, 2.0, 7.0, 20.0])


class Lives(RuleBasedStateMachine):
    """Hypothesis composes a life out of these."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(seed=0)
        self.life.begin()

    def _client(self, name: str) -> Client:
        return self.life.ada if name == "ada" else self.life.bob

    @rule(time=seconds)
    def time_passes(self, time: float) -> None:
        self.life.pass_time(time)

    @rule(name=clients, count=st.integers(1, 4))
    def somebody_types(self, name: str, count: int) -> None:
        self.life.type(self._client(name), count)

    @rule(name=clients, which=st.integers(0, 5))
    def something_is_taken_back(self, name: str, which: int) -> None:
        self.life.discard(self._client(name), which)

    @rule(name=clients, which=st.integers(0, 5))
    def something_is_stopped(self, name: str, which: int) -> None:
        self.life.stop(self._client(name), which)

    @rule(name=clients, by=st.sampled_from(ev.Nudge))
    def somebody_nudges(self, name: str, by: ev.Nudge) -> None:
        self.life.nudge(self._client(name), by)

    @rule()
    def connections_are_reset(self) -> None:
        self.life.cut()

    @rule(name=clients, up=st.booleans(), down=st.booleans())
    def a_link_goes_silent(self, name: str, up: bool, down: bool) -> None:
        self.life.go_silent(self._client(name), up, down)

    @rule()
    def the_network_parts_or_heals(self) -> None:
        self.life.part()

    @rule(name=clients)
    def a_client_crashes(self, name: str) -> None:
        self.life.crash_client(self._client(name))

    @rule()
    def the_server_crashes_or_starts(self) -> None:
        self.life.crash_server()

    @rule(retry_after=st.sampled_from([0.0, 1.0, 5.0]), spread=st.sampled_from([0.0, 2.0]))
    def the_server_restarts(self, retry_after: float, spread: float) -> None:
        self.life.restart_politely(retry_after, spread)

    @rule(endings=st.lists(st.sampled_from(ENDINGS), max_size=3))
    def dials_are_refused(self, endings: list[Ending]) -> None:
        self.life.refuse_dials(endings)

    @rule(time=st.sampled_from([0.0, 0.5, 4.0]))
    def a_message_is_refused_for_a_while(self, time: float) -> None:
        self.life.slow_down(time)

    def teardown(self) -> None:
        self.life.end()


def test_no_life_that_hypothesis_composes_goes_wrong() -> None:
    """Once each, in order, nothing forgotten, and in the end everything answered."""
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
