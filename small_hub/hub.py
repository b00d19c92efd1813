"""The programs of a small hub, their addresses, and the API by which its stage is set."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Final

__all__ = ["SCOPE", "Program", "SmallHub"]

SCOPE: Final = "access:services!service=tutor"
"""The scope that a token needs for the tutor."""
_ROOT: Final = Path(__file__).resolve().parents[1]
_CONFIG: Final = Path(__file__).with_name("jupyterhub_config.py")
_TUTOR: Final = _ROOT / "docs" / "jupyterhub_config.py"
_PROXY: Final = _ROOT / "js/node_modules/configurable-http-proxy/bin/configurable-http-proxy"


@dataclass(frozen=True, slots=True)
class Program:
    """A program to be run."""

    command: Sequence[str]
    environment: dict[str, str] = field(repr=False)
    port: int
    is_ready: Callable[[], bool]
    """Whether it does its work yet."""


@dataclass(frozen=True)
class SmallHub:
    """A hub whose files lie in ``home``, a folder for this user alone.

    Its four ports are free ones: of the hub's proxy, of the hub, of the proxy's API, and of the
    tutor, which is another program, in the environment `tutor`.
    """

    home: Path
    port: int
    hub_port: int
    proxy_api_port: int
    tutor_port: int
    tutor_config: Path = _TUTOR
    """What the hub is told about the tutor: by default the documentation's configuration."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What that configuration reads of the environment besides."""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    """What the API takes for setting the stage."""
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9), repr=False)
    """With it everybody signs in, under any name: other users of this machine lack it."""

    @property
    def url(self) -> str:
        """Where people find the hub."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def api_url(self) -> str:
        """Where programs find the hub's API, without the proxy."""
        return f"http://127.0.0.1:{self.hub_port}/hub/api"

    @property
    def chat_url(self) -> str:
        """Where notebooks find the tutor."""
        return f"ws://127.0.0.1:{self.port}/services/tutor/"

    @property
    def proxy(self) -> Program:
        """The proxy of all. It runs first, and is ready when its API is."""
        hub = f"http://127.0.0.1:{self.hub_port}"
        command = [
            *(shutil.which("node") or "node", str(_PROXY)),
            *("--ip=127.0.0.1", f"--port={self.port}"),
            *("--api-ip=127.0.0.1", f"--api-port={self.proxy_api_port}"),
            *(f"--default-target={hub}", f"--error-target={hub}/hub/error"),
        ]
        return Program(
            command,
            {"CONFIGPROXY_AUTH_TOKEN": self.key},
            self.port,
            self._proxy_answers,
        )

    @property
    def hub(self) -> Program:
        """The hub itself."""
        environment = {
            "CONFIGPROXY_AUTH_TOKEN": self.key,
            "SMALL_HUB_HOME": str(self.home),
            "SMALL_HUB_ROOT": str(_ROOT),
            "SMALL_HUB_TUTOR": str(self.tutor_config),
            "SMALL_HUB_URL": self.url,
            "SMALL_HUB_HUB_URL": f"http://127.0.0.1:{self.hub_port}",
            "SMALL_HUB_PROXY_API": f"http://127.0.0.1:{self.proxy_api_port}",
            "SMALL_HUB_KEY": self.key,
            "SMALL_HUB_PASSWORD": self.password,
            "TUTOR_URL": f"http://127.0.0.1:{self.tutor_port}",
            "TUTOR_CHAT_URL": self.chat_url,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
            **self.settings,
        }
        command = [sys.executable, "-m", "jupyterhub", "-f", str(_CONFIG)]
        return Program(command, environment, self.hub_port, self._has_told_the_proxy)

    @property
    def tutor(self) -> dict[str, str]:
        """What an operator tells a tutor's server about this hub."""
        return {
            "JUPYTERHUB_API_URL": self.api_url,
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([SCOPE]),
            "JUPYTERHUB_SERVICE_PREFIX": "/services/tutor/",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{self.tutor_port}",
        }

    def _proxy_answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}_chp_healthz", timeout=60):
            return True
        return False

    def _has_told_the_proxy(self) -> bool:
        """The hub answers before the proxy knows the way to the tutor."""
        with suppress(OSError):
            return "/services/tutor/" in self.api("GET", "proxy")
        return False

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the hub's API, as the one who sets the stage. Raises HTTPError."""
        with self._ask(method, path, body) as answer:
            return json.loads(answer.read() or b"null")

    def start_server(self, user: str) -> None:
        """Start the user's notebook server. Returns when it runs; RuntimeError if it fails."""
        self.api("POST", f"users/{user}/server")
        # The hub sends an empty line every 8 s while it has nothing to tell.
        with self._ask("GET", f"users/{user}/server/progress", None) as told:
            events = [json.loads(line[5:]) for line in told if line.startswith(b"data:")]
        if not events[-1].get("ready"):
            raise RuntimeError(f"The server of {user} does not start: {events[-1]}")

    def stop_servers(self) -> None:
        """Stop all notebook servers: they outlive the hub. Returns when none runs."""
        while active := self.api("GET", "users?state=active"):
            for user in active:
                self.api("DELETE", f"users/{user['name']}/server")
            time.sleep(0.1)  # of one that ends slowly the hub does not tell when it has ended

    def _ask(self, method: str, path: str, body: object) -> HTTPResponse:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(f"{self.api_url}/{path}", data, headers, method=method)
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=60)
        return answer

    def add_user(self, name: str, *groups: str) -> None:
        """Make a user, a member of these groups."""
        self.api("POST", f"users/{name}")
        self.join(name, *groups)

    def join(self, name: str, *groups: str) -> None:
        """Make the user a member of these groups, which are made, too."""
        known = {group["name"] for group in self.api("GET", "groups")}
        for group in groups:
            if group not in known:
                self.api("POST", f"groups/{group}")
            self.api("POST", f"groups/{group}/users", {"users": [name]})

    def mint(self, user: str, *scopes: str) -> tuple[str, str]:
        """Make a token of the user with these scopes; the token, and the id by which it is
        revoked."""
        made = self.api("POST", f"users/{user}/tokens", {"scopes": [*scopes], "note": "a test"})
        return made["token"], made["id"]

    def revoke(self, user: str, token_id: str) -> None:
        """Delete a token of the user."""
        self.api("DELETE", f"users/{user}/tokens/{token_id}")
