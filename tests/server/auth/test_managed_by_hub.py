"""The tutor as a service that a small hub starts itself, and starts again after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from small_hub import SCOPE, SmallHub
from tests.support.accounts import said
from tests.support.chats import WITHIN, wait_for_status
from tests.support.hub import HubProcess
from tests.support.paths import ROOT
from tests.support.servers.processes import free_port
from tutor_widget import TutorChat

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("own_home"),
]

COMMAND = '"command": ["tutor-widget", "serve", "--auth=hub", "--trusted-proxies=127.0.0.1"]'
"""What docs/operating.md adds to the service of docs/jupyterhub_config.py."""


@dataclass
class Managed:
    """A hub that runs the tutor itself."""

    small: SmallHub
    hub: HubProcess

    def tutor(self) -> psutil.Process:
        """The tutor's process."""
        children = psutil.Process(self.hub.pid).children(recursive=True)
        (tutor,) = [one for one in children if "--auth=hub" in one.cmdline()]
        return tutor


@pytest.fixture
def managed(tmp_path: Path) -> Iterator[Managed]:
    assert COMMAND in (ROOT / "docs/operating.md").read_text()
    external = (ROOT / "docs/jupyterhub_config.py").read_text()
    config = tmp_path / "tutor_config.py"
    command = COMMAND.replace("]", f', "--db-url={tmp_path}/tutor.sqlite"]')
    config.write_text(external.replace('"display": False', f'"display": False, {command}'))
    small = SmallHub(tmp_path, free_port(), free_port(), free_port(), free_port(), config)
    with (
        HubProcess(small.proxy, tmp_path / "proxy.log"),
        HubProcess(small.hub, tmp_path / "hub.log") as hub,
    ):
        managed = Managed(small, hub)
        yield managed
        tutor = managed.tutor()
        assert hub.stop() == 0
        assert not tutor.is_running()


def test_the_hub_starts_a_killed_tutor_again(
    managed: Managed, chat_with: Callable[..., TutorChat]
) -> None:
    """With the variables that the hub gives it. The chat reconnects, no word is lost, and it ends
    with the hub."""
    managed.small.add_user("ada")
    chat = chat_with(managed.small.chat_url, session="s", token=managed.small.mint("ada", SCOPE)[0])
    chat.ask_blocking("before", WITHIN)
    first = managed.tutor()
    killed = time.monotonic()
    first.kill()
    wait_for_status(chat, "reconnecting")
    chat.say("meanwhile")
    wait_for_status(chat, "connected")
    print(f"the gap: {time.monotonic() - killed:.1f} s")
    chat.ask_blocking("after", WITHIN)
    assert said(chat) == ["before", "meanwhile", "after"]
    assert managed.tutor().pid != first.pid
