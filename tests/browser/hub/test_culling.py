"""The hub's idle culler and a chat that is connected."""

from __future__ import annotations

import re
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from small_hub import Program
from tests.support.browser.chat import Chat
from tests.support.browser.on_hub import CHAT, HubNotebook
from tests.support.children import until
from tests.support.hub import HubProcess, RunningHub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BUSY = """
import threading, time
def work():
    while True:
        print(time.time())
        time.sleep(1)
threading.Thread(target=work, daemon=True).start()
"""


def running(hub: RunningHub) -> set[str]:
    """The users whose servers run."""
    return {user["name"] for user in hub.small.api("GET", "users?state=active")}


def connections(hub: RunningHub) -> float:
    """How many chats the tutor has connected."""
    url = f"http://127.0.0.1:{hub.small.tutor_port}/services/tutor/metrics"
    with urllib.request.urlopen(url) as answer:
        (found,) = re.findall(rb"^tutor_connections (\S+)$", answer.read(), re.MULTILINE)
    return float(found)


def test_a_connected_chat_keeps_no_server_alive(
    hub: RunningHub, open_as: Callable[..., HubNotebook], tmp_path: Path
) -> None:
    """With no page on its kernel, a learner's server is culled while the chat is connected. One
    whose kernel works stays."""
    ada, bob = open_as("127.0.0.1", CHAT), open_as("localhost", BUSY)
    ada.run(0)
    bob.run(0)
    expect(Chat(ada).badge).to_have_text("Connected")
    for notebook in (ada, bob):
        notebook.page.close()
    assert connections(hub) == 1
    assert running(hub) == {ada.lab.learner, bob.lab.learner}
    culler = Program(
        [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=20", "--cull-every=2"],
        {"JUPYTERHUB_API_TOKEN": hub.small.key, "JUPYTERHUB_API_URL": hub.small.api_url},
        port=0,
        is_ready=lambda: True,
    )
    with HubProcess(culler, tmp_path / "culler.log"):
        until(lambda: ada.lab.learner not in running(hub))
    assert running(hub) == {bob.lab.learner}
    until(lambda: connections(hub) == 0)
