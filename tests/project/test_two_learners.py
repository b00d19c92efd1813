"""The hub with two learners and a teacher, as `dev.py hub` starts it."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.children import until
from tests.support.kernels import environment
from tests.support.paths import ROOT
from tests.support.servers.processes import free_port

pytestmark = pytest.mark.timeout(300)


def command(folder: Path, port: int) -> list[str]:
    options = ["--no-browser", f"--port={port}"]
    return [sys.executable, "-m", "small_hub.two_learners", str(folder), *options]


class Running:
    """What one command has started, in a folder."""

    def __init__(self, folder: Path, port: int, output: Path) -> None:
        self.folder = folder
        self._output = output
        with output.open("wb") as log:
            self.process = subprocess.Popen(
                command(folder, port),
                cwd=ROOT,
                # What is set for another tutor is not meant for this one.
                env={**environment(folder.parent), "TUTOR_SERVER_TOKEN": "of-another"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> str:
        return self._output.read_text()

    def has_said(self, words: str) -> bool:
        assert self.process.poll() is None, self.said()
        return words in self.said()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def started(folder: Path, output: Path) -> Iterator[Running]:
    """Start it, and kill what is left of it at the end."""
    running = Running(folder, free_port(), output)
    known: list[psutil.Process] = []
    try:
        for step in ("the hub", "of ada", "of bob", "Ctrl+C"):  # a limit for each
            until(lambda words=step: running.has_said(words))  # type: ignore[misc]
        known = running.children()
        yield running
    finally:
        if running.process.poll() is None:
            known += running.children()
        running.process.kill()
        running.process.wait()
        for one in known:
            if one.is_running():
                one.kill()


@pytest.mark.slow
def test_two_learners_have_servers_until_ctrl_c(tmp_path: Path) -> None:
    """Their links and the teacher's lead to the hub's form, the password to sign in is in no file,
    and one Ctrl+C ends all programs. The second time their notebooks are as they left them."""
    folder = tmp_path / "hub"
    notebook = folder / "ada" / "chat.ipynb"
    for time in ("first", "second"):
        with started(folder, tmp_path / f"{time}.txt") as hub:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            links = re.findall(r"    (ada|bob|grey) +(http://\S+)", hub.said())
            assert [name for name, _ in links] == ["ada", "bob", "grey"]
            for _, link in links:
                # Browsers know that a name in .localhost is this machine; this system may not.
                address = link.replace("teacher.localhost", "127.0.0.1")
                with urllib.request.urlopen(address, timeout=60) as answer:
                    assert b"Sign in" in answer.read()
            password = re.search(r"with the password (\S+)", hub.said())
            assert password
            written = [path for path in folder.rglob("*") if path.is_file()]
            assert not [path for path in written if password[1].encode() in path.read_bytes()]
            if time == "first":
                notebook.write_text(notebook.read_text() + "\n\n")
            programs = hub.children()
            assert len(programs) >= 6
            hub.process.send_signal(signal.SIGINT)
            assert hub.process.wait(120) == 128 + signal.SIGINT
            assert [one for one in programs if one.is_running()] == []
    assert notebook.read_text().endswith("\n\n")


@pytest.mark.slow
def test_nothing_outlives_a_hub_that_dies(tmp_path: Path) -> None:
    """The command says so and ends, and the learners' servers, which only a hub ends, with it."""
    with started(tmp_path / "hub", tmp_path / "said.txt") as hub:
        programs = hub.children()
        (dying,) = [one for one in programs if "jupyterhub" in one.cmdline()]
        dying.kill()
        assert hub.process.wait(120) == 1
        assert "The hub has ended with status -9" in hub.said()
        assert "Traceback" not in hub.said()
        assert [one for one in programs if one.is_running()] == []


def test_a_port_that_is_taken_ends_the_start(tmp_path: Path) -> None:
    """Before any program runs, with the port and what to do. The folder is this user's alone, also
    one that was there before."""
    (tmp_path / "hub").mkdir(mode=0o755)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(tmp_path / "hub", port), cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert f"Port {port} cannot be had" in done.stderr
    assert "python3 dev.py hub --port=8001" in done.stderr
    assert "Starting" not in done.stdout
    assert stat.S_IMODE((tmp_path / "hub").stat().st_mode) == 0o700
