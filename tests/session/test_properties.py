"""What must hold whatever happens: hypothesis composes workloads, and shrinks those that go wrong.

Random schedules of the same actions go further: `test_simulator`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from simulator.client.client import Client
from simulator.workload import Workload
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


class Workloads(RuleBasedStateMachine):
    """Hypothesis composes a workload of these actions."""

    def __init__(self) -> None:
        super().__init__()
        self.workload = Workload(seed=0)
        self.workload.begin()

    def _client(self, name: str) -> Client:
        return self.workload.ada if name == "ada" else self.workload.bob

    @rule(time=seconds)
    def time_passes(self, time: float) -> None:
        self.workload.pass_time(time)

    @rule(name=clients, count=st.integers(1, 4))
    def somebody_types(self, name: str, count: int) -> None:
        self.workload.type(self._client(name), count)

    @rule(name=clients, which=st.integers(0, 5))
    def something_is_taken_back(self, name: str, which: int) -> None:
        self.workload.discard(self._client(name), which)

    @rule(name=clients, which=st.integers(0, 5))
    def something_is_stopped(self, name: str, which: int) -> None:
        self.workload.stop(self._client(name), which)

    @rule(name=clients, by=st.sampled_from(ev.Nudge))
    def somebody_nudges(self, name: str, by: ev.Nudge) -> None:
        self.workload.nudge(self._client(name), by)

    @rule()
    def connections_are_reset(self) -> None:
        self.workload.cut()

    @rule(name=clients, up=st.booleans(), down=st.booleans())
    def a_connection_goes_silent(self, name: str, up: bool, down: bool) -> None:
        self.workload.go_silent(self._client(name), up, down)

    @rule()
    def the_network_is_partitioned_or_repaired(self) -> None:
        self.workload.partition()

    @rule(name=clients)
    def a_client_crashes(self, name: str) -> None:
        self.workload.crash_client(self._client(name))

    @rule()
    def the_server_crashes_or_starts(self) -> None:
        self.workload.crash_server()

    @rule(retry_after=st.sampled_from([0.0, 1.0, 5.0]), spread=st.sampled_from([0.0, 2.0]))
    def the_server_restarts(self, retry_after: float, spread: float) -> None:
        self.workload.restart_gracefully(retry_after, spread)

    @rule(endings=st.lists(st.sampled_from(ENDINGS), max_size=3))
    def dials_are_refused(self, endings: list[Ending]) -> None:
        self.workload.refuse_dials(endings)

    @rule(time=st.sampled_from([0.0, 0.5, 4.0]))
    def a_message_is_refused_for_a_while(self, time: float) -> None:
        self.workload.slow_down(time)

    def teardown(self) -> None:
        self.workload.end()


def test_no_workload_that_hypothesis_composes_goes_wrong() -> None:
    """Each message is committed once, in order, and answered in the end; none is forgotten."""
    run_state_machine_as_test(
        Workloads,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
