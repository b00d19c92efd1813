"""From a fresh clone and an empty home to a running product."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.servers.processes import free_port, wait_for_answer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    (folder.parent / "home").mkdir()
    return folder


def environment(clone: Path) -> dict[str, str]:
    """This one's, but with an empty home, and without our own virtual environment."""
    ours = str(Path(sys.executable).parent)
    path = [p for p in os.environ["PATH"].split(os.pathsep) if p != ours]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "VIRTUAL_ENV"))}
    return {**kept, "PATH": os.pathsep.join(path), "HOME": str(clone.parent / "home")}


def dev(clone: Path, *arguments: str) -> list[str]:
    return [
        str(getattr(sys, "_base_executable", sys.executable)),
        str(clone / "dev.py"),
        *arguments,
    ]


def test_dev_py_test_works_from_nothing_and_is_quick_the_second_time(clone: Path) -> None:
    """It sets up all it needs; then setting up takes under 15 s."""
    command = dev(clone, "test", "tests/project/test_project.py")
    for limit in (800, 15):
        start = time.monotonic()
        done = subprocess.run(
            command, env=environment(clone), capture_output=True, text=True, check=False
        )
        took = time.monotonic() - start
        assert done.returncode == 0, done.stdout + done.stderr
        tests = re.search(r"\d+ passed.* in ([\d.]+)s", done.stdout)
        assert tests, done.stdout
        assert took - float(tests[1]) < limit


@pytest.mark.parametrize(
    ("options", "notebook"), [([], "quickstart"), (["--model"], "tutor")], ids=["lab", "model"]
)
def test_dev_py_lab_opens_its_notebook_and_is_quick_the_second_time(
    clone: Path, options: list[str], notebook: str
) -> None:
    """JupyterLab answers, at an address that leads to the notebook; then set-up is under 15 s."""
    for limit in (800, 15):
        port = free_port()
        log = clone.parent / f"{notebook}-{limit}.log"
        command = dev(clone, "lab", *options, "--no-browser", f"--ServerApp.port={port}")
        start = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=environment(clone), stdout=output, stderr=output
            )
        try:
            while "Starting JupyterLab" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() - start < limit, log.read_text()
                time.sleep(0.05)
            wait_for_answer(f"http://127.0.0.1:{port}/api", process, log)
            said = log.read_text()
            address = re.search(rf"http://127\S+/lab/tree/{notebook}.ipynb\?token=\S+", said)
            assert address, said
            for url in (
                address[0],
                address[0].replace("/lab/tree/", "/api/contents/"),
            ):
                with urllib.request.urlopen(url, timeout=20) as answer:
                    assert answer.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def test_dev_py_hub_runs_a_hub_from_nothing(clone: Path) -> None:
    """In a folder of this user alone; the links of both learners answer until it is ended, and the
    checkout stays clean."""
    clone.parent.chmod(0o700)
    log = clone.parent / "hub.log"
    command = dev(clone, "hub", "--no-browser", f"--port={free_port()}")
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(clone), stdout=output, stderr=output)
    try:
        while "Ctrl+C ends all of it" not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        links = re.findall(r"http://\S+/chat\.ipynb", log.read_text())
        assert len(links) == 2
        for link in links:
            with urllib.request.urlopen(link, timeout=60) as answer:
                assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
    status = ["git", "-C", str(clone), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, check=True).stdout == b""
