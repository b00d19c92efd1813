"""dev.py runs its checks beside the tests, and explains itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dev
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
    assert dev.run_steps(steps, beside={"lint": python(TOUCH, flag)}) == 0
    said = capfd.readouterr().out
    assert "\n• lint: ok\ntwo\nlines\n" in said
    assert "seen" in said
    assert said.index("Summary") < said.index("lint      ok") < said.index("pytest    ok")


def test_a_check_that_fails_fails_the_whole(capfd: pytest.CaptureFixture[str]) -> None:
    """The others run all the same, and the summary names it; so with a program that is missing."""
    beside = {"types": python("raise SystemExit(3)"), "js": ["no-such-program"]}
    assert dev.run_steps({"pytest": python("print('ran')")}, beside=beside) == 1
    said = capfd.readouterr().out
    assert "ran" in said
    assert "types     FAILED" in said
    assert "js        FAILED" in said
    assert "pytest    ok" in said


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], *([name, "--help"] for name in dev.COMMANDS)]
)
def test_help_is_printed_and_nothing_else_is_done(arguments: list[str], tmp_path: Path) -> None:
    """A copy of `dev.py` alone in a folder: it sets nothing up."""
    program = shutil.copy(ROOT / "dev.py", tmp_path)
    done = subprocess.run(
        [sys.executable, program, *arguments], capture_output=True, text=True, check=True
    )
    command = "" if len(arguments) == 1 else arguments[0]
    assert f"python3 dev.py {command}" in done.stdout
    assert list(tmp_path.iterdir()) == [tmp_path / "dev.py"]
