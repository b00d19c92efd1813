"""JupyterLab with the small real model, as `dev.py lab --model` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from small_model import WHAT_IT_IS
from small_model.process import missing_packages
from tests.support.kernels import environment
from tests.support.paths import ROOT
from tests.support.servers.peers import peer
from tests.support.servers.processes import PATIENCE, free_port, wait_for_answer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(missing_packages()), reason="needs what `dev.py lab --model` installs"),
]


class Lab:
    """The programs that one command has started."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        self.process = process
        self.log = log
        self.url = f"http://127.0.0.1:{port}"

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def notebooks_environment(self) -> dict[str, str]:
        """What JupyterLab's kernels inherit."""
        children = psutil.Process(self.process.pid).children()
        (jupyterlab,) = [one for one in children if "jupyterlab" in one.cmdline()]
        return jupyterlab.environ()

    def has_file(self, name: str) -> bool:
        with urllib.request.urlopen(f"{self.url}/api/contents/{name}?token=t") as answer:
            return bool(answer.status == 200)

    def wait_until_it_serves(self) -> None:
        wait_for_answer(f"{self.url}/api", self.process, self.log)
        assert WHAT_IT_IS in self.log.read_text()


@contextmanager
def started_lab(folder: Path) -> Iterator[Lab]:
    """Run it as a terminal does: in a group of processes of its own."""
    port, log = free_port(), folder / "lab.log"
    options = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.token=t", "--allow-root"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "small_model.lab", str(folder), *options],
            cwd=ROOT,
            env=environment(folder),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    lab = Lab(process, log, port)
    try:
        yield lab
    finally:
        left = lab.children() if process.poll() is None else []
        process.kill()
        process.wait()
        for one in left:
            one.kill()


async def test_the_model_answers_in_a_notebook_and_one_ctrl_c_ends_all(tmp_path: Path) -> None:
    """Notebooks find the tutor and its token; after Ctrl+C no program is left."""
    with started_lab(tmp_path) as lab:
        lab.wait_until_it_serves()
        assert lab.has_file("tutor.ipynb")
        found = lab.notebooks_environment()
        assert {"OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"} <= found.keys()
        async with peer(found["TUTOR_CHAT_URL"], found["TUTOR_CHAT_TOKEN"]) as learner:
            await learner.hello()
            await learner.say("send", id="q1", text="Hello!")
            assert await learner.next("delta", re="q1")
        children = lab.children()
        assert len(children) >= 3
        os.killpg(lab.process.pid, signal.SIGINT)
        assert lab.process.wait(PATIENCE) == 128 + signal.SIGINT
        _, alive = psutil.wait_procs(children, PATIENCE)
        assert alive == []


def test_the_model_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    """Its server ends when its standard input does, so it outlives nobody who started it."""
    program = (
        "import sys; from pathlib import Path; from small_model.process import small_model\n"
        "with small_model(Path(sys.argv[1])) as model: print(model.url, flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "model.log")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        children = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        _, alive = psutil.wait_procs(children, PATIENCE)
    assert len(children) == 1
    assert alive == []
