"""dev.py runs its checks beside the tests, and explains itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dev
from devtools.places import HUB, HUB_LOCK, LAB_LOCK
from devtools.running import run_steps
from tests.support.paths import ROOT

WAIT = "import pathlib, sys\nwhile not pathlib.Path(sys.argv[1]).exists(): pass\nprint('seen')"
TOUCH = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch(); print('two\\nlines')"


def python(program: str, *arguments: object) -> list[Any]:
    return [sys.executable, "-c", program, *arguments]


def test_checks_run_beside_the_tests_and_their_output_stays_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A step that waits for one beside it ends; what that printed comes in one piece."""
    flag = tmp_path / "flag"
    steps = {"pytest": python(WAIT, flag)}
    assert run_steps(steps, beside={"lint": python(TOUCH, flag)}) == 0
    said = capfd.readouterr().out
    assert "\n• lint: ok\ntwo\nlines\n" in said
    assert "seen" in said
    assert said.index("Summary") < said.index("lint      ok") < said.index("pytest    ok")


def test_a_check_that_fails_fails_the_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """The others run all the same, and the summary names it; so with a program that is missing."""
    beside = {"types": python("raise SystemExit(3)"), "js": ["no-such-program"]}
    assert run_steps({"pytest": python("print('ran')")}, beside=beside) == 1
    said = capfd.readouterr().out
    assert "ran" in said
    assert "types     FAILED" in said
    assert "js        FAILED" in said
    assert "pytest    ok" in said


@pytest.mark.parametrize(
    ("arguments", "installs", "runs"),
    [
        (["--port=1"], [LAB_LOCK], ["lab", "--port=1"]),
        (["--model", "--port=1"], [LAB_LOCK, "model"], ["small_model.lab", "--port=1"]),
    ],
    ids=["lab", "model"],
)
def test_the_model_is_installed_only_where_it_is_asked_for(
    arguments: list[str],
    installs: list[object],
    runs: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`lab` installs no model; `lab --model` does, and JupyterLab gets the other options."""
    installed: list[object] = []
    ran: list[str] = []
    monkeypatch.setattr(dev, "LAB", tmp_path)
    monkeypatch.setattr(dev, "is_root", lambda: False)
    monkeypatch.setattr(dev, "set_up_python", installed.append)
    monkeypatch.setattr(dev, "set_up_model", lambda: installed.append("model"))
    monkeypatch.setattr(dev, "set_up_bundle", lambda: None)
    monkeypatch.setattr(dev, "become", lambda *command, **_: ran.extend(map(str, command)))
    dev.lab(arguments)
    assert installed == installs
    assert [word for word in ran if word in runs] == runs
    assert "--model" not in ran


def test_the_hub_has_packages_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`hub` installs those of its own lock, and passes its options on."""
    installed: list[object] = []
    ran: list[str] = []
    monkeypatch.setattr(dev, "set_up_python", installed.append)
    monkeypatch.setattr(dev, "set_up_bundle", lambda: None)
    monkeypatch.setattr(dev, "become", lambda *command, **_: ran.extend(map(str, command)))
    dev.hub(["--no-browser"])
    assert installed == [HUB_LOCK]
    assert ran[-3:] == ["small_hub.two_learners", str(HUB), "--no-browser"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], *([name, "--help"] for name in dev.COMMANDS)]
)
def test_help_is_printed_and_nothing_else_is_done(arguments: list[str], tmp_path: Path) -> None:
    """A copy of it alone in a folder, with no packages at hand (-S): it sets nothing up."""
    program = shutil.copy(ROOT / "dev.py", tmp_path)
    shutil.copytree(ROOT / "devtools", tmp_path / "devtools")
    done = subprocess.run(
        [sys.executable, "-S", "-B", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    name = "" if len(arguments) == 1 else arguments[0]
    assert f"python3 dev.py {name}" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"dev.py", "devtools"}
