"""Tests leave nothing behind in the home of the person who runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

CHAT = """
def test_a_chat({fixture}):
    from tests.support.chats import journalled
    from tests.support.children import until
    from tutor_widget import TutorChat

    chat = TutorChat("ws://127.0.0.1:1", session="s")
    chat.say("hello")
    chat.close()
    until(journalled)
"""
LEFT = """
from tests.support.chats import NOBODY
from tutor_widget import TutorChat
from tutor_widget.client import registry

def test_a_session_is_left(own_home):
    chat = TutorChat(NOBODY)
    chat.say("hello")
    chat.new()
    chat.close()
    assert registry._clients

def test_nobody_looks_after_it_any_more():
    assert not registry._clients
"""


@pytest.mark.parametrize(("fixture", "status"), [("own_home", 0), ("", 1)])
def test_a_test_without_a_home_of_its_own_fails(tmp_path: Path, fixture: str, status: int) -> None:
    """What it writes is found, and named, and does not lie in the developer's own folder."""
    done = run(tmp_path, CHAT.format(fixture=fixture))
    assert done.returncode == status, done.stdout
    assert ("needs the fixture `own_home`" in done.stdout) == bool(status)
    assert ("outbox" in done.stdout) == bool(status)


def test_no_client_outlives_its_test(tmp_path: Path) -> None:
    """One that looks after a session that was left ends with the test that left it."""
    done = run(tmp_path, LEFT)
    assert done.returncode == 0, done.stdout


def run(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of their own."""
    path = folder / "test_chat.py"
    path.write_text(tests)
    # It lies outside of the folder of the tests: their conftest.py is given as a plugin.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", str(path)]
    command += [f"--config-file={ROOT / 'pyproject.toml'}", f"--basetemp={folder / 'base'}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
