"""`tutor-widget check`: what each step says of what is wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.servers.scripted import Peer, Scripted, answer, be_idle
from tutor_widget.cli import check as checking
from tutor_widget.cli.check import check
from tutor_widget.client.net.endpoint import Remote


class Step(NamedTuple):
    name: str
    worked: bool
    sentence: str


def steps(url: str, token: str | None = None) -> list[Step]:
    """What a check of it says."""
    said: list[Step] = []
    worked = asyncio.run(check(Remote(url, token), lambda *step: said.append(Step(*step))))
    assert worked is all(step.worked for step in said)
    assert all(step.worked for step in said[:-1])  # nothing is tried behind what failed
    return said


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_each_check_is_of_the_same_conversation() -> None:
    """A hundred of them leave one behind."""
    sessions: list[str] = []

    async def note(peer: Peer) -> None:
        sessions.append((await peer.welcome()).session)
        await peer.socket.wait_closed()

    with Scripted(note) as server:
        for _ in range(2):
            assert steps(server.url)[-1].worked
    assert sessions[0] == sessions[1]
    assert len(sessions[0]) >= 22


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "Please sign in again. Sign in again or pass a new token."),
        (403, "The tutor does not let this program in (HTTP status 403). Tell the person who"),
    ],
)
def test_credentials_that_are_refused_fail_the_step_of_access(status: int, sentence: str) -> None:
    """The server answered and speaks the protocol: that is what is wrong, and what to do here."""
    with Scripted(be_idle, refuse=answer(status)) as server:
        said = steps(server.url)
    assert [step.name for step in said] == ["name", "TCP", "token", "HTTP", "tutor", "access"]
    assert said[-1].sentence.startswith(sentence)
    assert "Reconnect now" not in said[-1].sentence  # there is no button in a terminal


def test_a_server_that_never_welcomes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets one in and says nothing: in a sentence, and in time."""
    monkeypatch.setattr(checking, "WITHIN", 0.2)

    async def say_nothing(peer: Peer) -> None:
        await peer.hello()
        await peer.socket.wait_closed()

    with Scripted(say_nothing) as server:
        last = steps(server.url)[-1]
    assert (last.name, last.worked) == ("access", False)
    assert "did not answer in time" in last.sentence


def test_a_name_that_leads_nowhere_is_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails, and no other is tried."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    (only,) = steps("wss://nowhere.example/")
    assert (only.name, only.worked) == ("name", False)
    assert "nowhere.example has no address" in only.sentence


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not used to this machine, where it would find another one."""
    monkeypatch.setenv("https_proxy", "http://learner:hunter2@127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://learner:hunter2@127.0.0.1:1")
    said = steps("wss://tutor.example.edu/")
    assert said[0] == Step("proxy", True, "127.0.0.1 is used, as the environment asks.")
    assert not said[-1].worked
    assert "hunter2" not in " ".join(step.sentence for step in said)
    with Scripted(be_idle) as server:
        here = steps(server.url)
    assert "proxy" not in [step.name for step in here]
    assert here[-1].worked


@pytest.fixture
def other_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running Jupyter server of another environment; yields the folder of its extensions."""
    runtime, prefix = tmp_path / "runtime", tmp_path / "env"
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    for folder in (runtime, prefix / "bin", prefix / "share" / "jupyter" / "lab"):
        folder.mkdir(parents=True)
    python = prefix / "bin" / "python"
    python.symlink_to(sys.executable)
    waits = [str(python), "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE) as server:
        (runtime / f"jpserver-{server.pid}.json").write_text(json.dumps({"pid": server.pid}))
        (runtime / "jpserver-0.json").write_text("torn")
        yield prefix / "share" / "jupyter" / "labextensions"
        server.communicate(b"\n")


def test_a_running_jupyterlab_without_anywidget_is_named(
    other_jupyter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that installs what is missing, into its own environment."""
    python = other_jupyter.parents[2] / "bin" / "python"
    with Scripted(be_idle) as server:
        assert checking.run([server.url]) == 1
        *others, first, second = capsys.readouterr().out.splitlines()
        assert all(line.startswith("ok ") for line in others)
        assert first.startswith("FAILED  page ")
        assert f"Run {python} -m pip install anywidget" in first
        assert f"Run {python} -m pip install jupyterlab_widgets" in second
        (other_jupyter / "anywidget").mkdir(parents=True)
        (other_jupyter / "@jupyter-widgets" / "jupyterlab-manager").mkdir(parents=True)
        assert checking.run([server.url]) == 0
        assert "FAILED" not in capsys.readouterr().out
