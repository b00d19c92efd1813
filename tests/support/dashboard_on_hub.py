"""A real hub, its proxy, a tutor, and the dashboard on the tutor's database as another service."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from small_hub import CONFIG, Dashboard
from tests.support.hub import RunningHub
from tests.support.operators import COMMAND
from tests.support.servers.processes import ServerProcess, Tutor, free_port

__all__ = ["PREFIX", "HubWithDashboard"]

PREFIX: Final = Dashboard.path
"""The path of the dashboard at the hub."""


class HubWithDashboard:
    """``home``: an empty folder; ``tutor``: the tutor's options in place of its echo;
    ``dashboard``: more options of the dashboard."""

    def __init__(
        self, home: Path, tutor: tuple[str, ...] = (), dashboard: tuple[str, ...] = ()
    ) -> None:
        service = Dashboard(free_port())
        self.hub = RunningHub(home, tutor_config=CONFIG, settings=service.settings)
        if tutor:
            self.hub.tutor = Tutor(
                self.hub.tutor.database,
                *(*tutor, "--auth=hub", "--trusted-proxies=127.0.0.1"),
                port=self.hub.small.tutor_port,
                environment=self.hub.small.tutor,
            )
        self.url = self.hub.small.url + PREFIX
        self.dashboard = ServerProcess(
            [*COMMAND, "dashboard", "--auth=hub", "--trusted-proxies", "127.0.0.1", *dashboard],
            service.port,
            home / "dashboard.log",
            environment=service.environment(self.hub.small, self.hub.tutor.database),
        )

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # A hub that starts waits half a minute for a service that does not run yet.
            stack.enter_context(self.dashboard)
            stack.enter_context(self.hub)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
