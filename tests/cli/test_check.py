"""`tutor-widget check`: what each step says of what is wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.servers.resolver import resolving, swallowing
from tests.support.servers.scripted import Peer, Scripted, answer, be_idle
from tests.support.servers.tcp import Tcp, answering_with
from tutor_widget.cli import check as checking
from tutor_widget.cli import main
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


def test_an_address_that_swallows_everything_is_not_the_tutors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name has another, which answers: no firewall is blamed."""
    with Scripted(be_idle) as server, swallowing(server.port) as dead:
        resolving(monkeypatch, {"tutor.example": [dead, "127.0.0.1"]})
        said = steps(f"ws://tutor.example:{server.port}/")
    assert said[-1].worked
    assert [step.name for step in said][:2] == ["name", "TCP"]


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("https_proxy", "socks5://learner:hunter2@127.0.0.1:1", "python-socks"),
        ("http_proxy", "hunter2@127.0.0.1:7890", "lacks http://"),
        ("ALL_PROXY", "ftp://hunter2:hunter2@127.0.0.1", "begin with http://"),
        ("https_proxy", "http://127.0.0.1:hunter2", "no address of a proxy"),
    ],
)
def test_a_variable_that_names_no_usable_proxy_is_named(
    variable: str, value: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is dialled, and without its value."""
    monkeypatch.setenv(variable, value)
    (only,) = steps("ws://tutor.example.edu/")
    assert (only.name, only.worked) == ("proxy", False)
    assert variable in only.sentence
    assert fault in only.sentence
    assert "hunter2" not in only.sentence


def test_a_proxy_that_cannot_be_reached_is_the_step_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not the tutor behind it."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    said = steps("wss://tutor.example.edu/")
    assert [step.name for step in said] == ["proxy", "token", "proxy"]
    assert "127.0.0.1:1" in said[-1].sentence


def test_a_port_without_tls_is_said() -> None:
    """Also that of a tutor, which hangs up at a greeting in TLS."""
    with Tcp(answering_with(b"HTTP/1.1 400 Bad\r\n\r\n")) as plain, Scripted(be_idle) as tutor:
        for port in (plain.port, tutor.port):
            last = steps(f"wss://127.0.0.1:{port}/")[-1]
            assert (last.name, last.worked) == ("TLS", False)
            assert "does not speak TLS here" in last.sentence


def test_a_port_that_waits_for_more_speaks_no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers when it is asked in plain."""
    monkeypatch.setattr(checking, "WITHIN", 0.3)

    async def wait_for_a_line(reader: StreamReader, writer: StreamWriter) -> None:
        if (await reader.read(1 << 16)).startswith(b"HEAD"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await reader.read()

    with Tcp(wait_for_a_line) as server:
        last = steps(f"wss://127.0.0.1:{server.port}/")[-1]
    assert (last.name, last.worked) == ("TLS", False)
    assert "does not speak TLS here" in last.sentence


def test_a_redirect_is_said_with_where_it_leads() -> None:
    """That is the address to use."""
    refuse = answer(301, Location="https://tutor.example.edu/chat/?t=hunter2")
    with Scripted(be_idle, refuse=refuse) as server:
        last = steps(server.url)[-1]
    assert not last.worked
    assert "redirects to https://tutor.example.edu/chat/ (" in last.sentence


@pytest.mark.parametrize(
    "url",
    [
        "wss://learner:hunter2@tutor.example.edu/",
        "wss://learner:hun/ter2@tutor.example.edu/",
        "wss://learner:hunter2#@tutor.example.edu/",
        "wss://tutor.example.edu:hunter2/",
        "hunter2://tutor.example.edu/",
        "wss://[hunter2]/",
        "wss://hunter2\u2100@tutor.example.edu/",
    ],
)
def test_a_password_in_an_address_is_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In no sentence of the program."""
    assert main(["check", url]) == 1
    said = "".join(capsys.readouterr())
    assert "The tutor's address" in said
    assert "hun" not in said


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


ESCAPES = "\x1b]0;title\x07\x1b[2J\u202e\x9b31m"


def test_a_server_s_words_drive_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """They are part of a sentence: a close reason, or where it redirects to."""

    async def refuse(peer: Peer) -> None:
        await peer.hello()
        await peer.socket.close(4403, f"no {ESCAPES} access")

    with Scripted(refuse) as server:
        assert main(["check", server.url]) == 1
    with Scripted(be_idle, refuse=answer(302, Location="https://x.example/\x1b[2J")) as server:
        assert main(["check", server.url]) == 1
    said = capsys.readouterr().out
    assert "access" in said
    assert [c for c in said if not c.isprintable() and c != "\n"] == []
