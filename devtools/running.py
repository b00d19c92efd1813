"""Programs that `dev.py` runs: shown or silent, in turn or beside each other."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from devtools.places import BIN, JS, ROOT, VENV

Result = tuple[str, int, float]
"""The name of a step, its exit status, and how long it took, in s."""


def run_steps(steps: dict[str, list[Any]], beside: dict[str, list[Any]] | None = None) -> int:
    """Run all steps in turn and print a summary; returns 0 if all succeed.

    The steps ``beside`` run in turn at the same time. The output of each is printed when it ends.
    """
    with ThreadPoolExecutor(1) as other:
        waiting = [other.submit(run_beside, *step) for step in (beside or {}).items()]
        try:
            results = [run_step(*step) for step in steps.items()]
        except BaseException:
            other.shutdown(cancel_futures=True)
            raise
        results = [*(future.result() for future in waiting), *results]
    say("Summary")
    for name, status, seconds in results:
        print(f"  {name:<10}{'FAILED' if status else 'ok':<8}{seconds:6.1f} s")
    return int(any(status for _, status, _ in results))


def run_step(name: str, command: list[Any]) -> Result:
    """Run a step with its output shown."""
    say(name)
    start = time.monotonic()
    status = call(*command, cwd=folder_of(name))
    return name, status, time.monotonic() - start


def run_beside(name: str, command: list[Any]) -> Result:
    """Run a step and print its output in one piece, between the lines of another step."""
    start = time.monotonic()
    done = run(*command, cwd=folder_of(name))
    seconds = time.monotonic() - start
    outcome = f"failed (exit status {done.returncode})" if done.returncode else "ok"
    say(f"{name}: {outcome}\n{done.stdout}".rstrip(), new_line=True)
    return name, done.returncode, seconds


def folder_of(step: str) -> Path:
    return JS if step.startswith("js") else ROOT


def call(*command: Any, cwd: Path = ROOT) -> int:
    """Run it with its output shown; returns its exit status."""
    return subprocess.run(
        [str(w) for w in command], cwd=cwd, env=environment(), check=False
    ).returncode


def become(*command: Any, cwd: Path = ROOT) -> int:
    """Run it in place of this process, so that signals reach it."""
    if os.name != "nt":
        os.chdir(cwd)
        os.execve(command[0], [str(word) for word in command], environment())  # noqa: S606
    return call(*command, cwd=cwd)


def run(
    *command: Any, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it without showing its output; returns its exit status and its output."""
    try:
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**environment(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        return subprocess.CompletedProcess([], 127, stdout=str(error))


def environment() -> dict[str, str]:
    """This process's environment, with the virtual environment's programs first."""
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    inherited = dict(os.environ)
    # Images set it. The tests start hundreds of Pythons: each would compile all our code anew.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**inherited, "PATH": path, "VIRTUAL_ENV": str(VENV)}


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def shown(command: list[Any]) -> str:
    return shlex.join(Path(word).name if isinstance(word, Path) else word for word in command)


def indented(text: str) -> str:
    """The first and the last lines of an output: they hold the reasons."""
    lines = [f"    {line}" for line in text.strip().splitlines()]
    return "\n".join(lines if len(lines) <= 24 else [*lines[:12], "    …", *lines[-12:]])


def say(text: str, *, new_line: bool = False) -> None:
    """Print a line in bold; ``new_line``: it may be printed amid the output of something else."""
    first, *more = text.splitlines()
    first = f"\033[1m• {first}\033[0m" if sys.stdout.isatty() else f"• {first}"
    sys.stdout.write("\n" * new_line + "\n".join([first, *more]) + "\n")
    sys.stdout.flush()
