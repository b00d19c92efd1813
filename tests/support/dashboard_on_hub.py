"""A real hub, its proxy, a tutor, and the dashboard on the tutor's database as another service."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from tests.support.hub import RunningHub
from tests.support.operators import COMMAND
from tests.support.paths import ROOT
from tests.support.servers.processes import ServerProcess, Tutor, free_port

__all__ = ["PREFIX", "HubWithDashboard"]

PREFIX: Final = "services/tutor-dashboard/"
"""The path of the dashboard at the hub."""


class HubWithDashboard:
    """``home``: an empty folder; ``tutor``: the tutor's options in place of its echo;
    ``dashboard``: more options of the dashboard."""

    def __init__(
        self, home: Path, tutor: tuple[str, ...] = (), dashboard: tuple[str, ...] = ()
    ) -> None:
        port, token = free_port(), secrets.token_hex(16)
        settings = {
            "DASHBOARD_ROOT": str(ROOT),
            "DASHBOARD_URL": f"http://127.0.0.1:{port}",
            "DASHBOARD_TOKEN": token,
        }
        config = ROOT / "tests" / "support" / "hub_with_dashboard.py"
        self.hub = RunningHub(home, tutor_config=config, settings=settings)
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
            port,
            home / "dashboard.log",
            environment={
                "TUTOR_DB_URL": f"sqlite:///{self.hub.tutor.database}",
                "JUPYTERHUB_API_URL": self.hub.small.api_url,
                "JUPYTERHUB_API_TOKEN": token,
                "JUPYTERHUB_CLIENT_ID": "service-tutor-dashboard",
                "JUPYTERHUB_SERVICE_NAME": "tutor-dashboard",
                "JUPYTERHUB_SERVICE_PREFIX": f"/{PREFIX}",
                "JUPYTERHUB_SERVICE_URL": settings["DASHBOARD_URL"],
            },
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
