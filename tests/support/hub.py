"""A real JupyterHub for tests, with its real proxy: `small_hub` as processes of their own."""

from __future__ import annotations

import itertools
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from small_hub import SCOPE, Program, SmallHub
from tests.support.children import until
from tests.support.servers.processes import ServerProcess, Tutor, free_port

__all__ = ["SCOPE", "HubProcess", "RunningHub"]


class HubProcess(ServerProcess):
    """A program of the small hub. It has started when it does its work."""

    announces = False

    def __init__(self, program: Program, log: Path) -> None:
        super().__init__(
            program.command, program.port, log, folder=log.parent, environment=program.environment
        )
        self._is_ready = program.is_ready

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        until(lambda: process.poll() is not None or self._is_ready())
        if process.poll() is not None:
            raise self._failure()


class RunningHub:
    """The hub, its proxy, and a tutor's server that echoes and is the hub's service.

    Learners that tests make have names of their own, since all tests share the hub.
    """

    def __init__(self, home: Path, **more: Any) -> None:
        """``home``: an empty folder, for this user alone; ``more``: see `SmallHub`."""
        self.small = SmallHub(home, free_port(), free_port(), free_port(), free_port(), **more)
        self.proxy = HubProcess(self.small.proxy, home / "proxy.log")
        self.hub = HubProcess(self.small.hub, home / "hub.log")
        folder = home / "service"
        folder.mkdir()
        self.tutor = Tutor(
            folder / "tutor.sqlite",
            *("--tutor=echo", "--auth=hub", "--trusted-proxies=127.0.0.1"),
            port=self.small.tutor_port,
            environment=self.small.tutor,
        )
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # A hub that starts waits half a minute for a service that does not run yet.
            for program in (self.tutor, self.proxy, self.hub):
                stack.enter_context(program)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            self.revive()
            self.small.stop_servers()

    def revive(self) -> None:
        """Start the hub if it does not run."""
        if not self.hub.is_running:
            self.hub.start()

    def learner(self, *groups: str) -> str:
        """A new user in these groups."""
        name = f"learner-{next(self._numbers)}"
        self.small.add_user(name, *groups)
        return name

    def token(self, user: str) -> str:
        """A token of the user for the tutor alone."""
        return self.small.mint(user, SCOPE)[0]

    def checks(self, user: str = "") -> int:
        """How often the hub was asked whose a token of the user is; of none: an unknown token."""
        barrier = f"/hub/api/users?name_filter={next(self._numbers)}"
        self.small.api("GET", barrier.removeprefix("/hub/api/"))
        until(lambda: barrier in self.hub.log.read_text())
        asked = rf" GET /hub/api/user \({re.escape(user)}@"
        return len(re.findall(asked, self.hub.log.read_text()))
