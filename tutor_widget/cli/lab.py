"""JupyterLab on the quickstart notebook, with a tutor built in: `tutor-widget lab`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tutor_widget.errors import Refused

_QUICKSTART: Final = "quickstart.ipynb"
_CONFIG: Final = Path(__file__).parent / "jupyter_config"
"""Defaults of JupyterLab's settings: it neither asks about news nor looks for them."""


def run(argv: list[str]) -> int:
    """Run JupyterLab with these options. Raises Refused if it is not installed."""
    _parser().parse_known_args(argv)  # --help
    if importlib.util.find_spec("jupyterlab") is None:
        raise Refused(code="no_jupyterlab")
    program = command(quickstart(Path.cwd()), argv)
    if os.name == "nt":  # where exec quotes nothing, and the console does not wait for it
        return subprocess.call(program, env=environment())
    return os.execve(program[0], program, environment())  # noqa: S606 - it becomes the command


def command(notebook: Path, options: list[str]) -> list[str]:
    """The command that runs JupyterLab in the notebook's folder, with the notebook opened."""
    opened = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    # Of JupyterLab's own code, which a learner cannot mend. Kernels show theirs.
    silent = ["-W", "ignore::DeprecationWarning"]
    at_once = "--ServerApp.answer_yes=True"  # Ctrl+C ends it without a question
    program = [sys.executable, *silent, "-m", "jupyterlab"]
    return [*program, opened, at_once, *options, str(notebook)]


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment in which it runs: with `_CONFIG` before the user's own configuration."""
    folders = (str(_CONFIG), given.get("JUPYTER_CONFIG_PATH", ""))
    return {**given, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, folders))}


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        "tutor-widget lab",
        usage="%(prog)s [-h] [--no-browser] [options of JupyterLab]",
        description="JupyterLab on a copy of the quickstart notebook in this folder, with a tutor "
        "built in. Ctrl+C ends it.",
        epilog="JupyterLab's options include --no-browser and --port=N; --help-all lists them.",
        allow_abbrev=False,
    )


def quickstart(folder: Path) -> Path:
    """The quickstart notebook to open: a copy in the folder, made unless it is there."""
    return copy_of(_QUICKSTART, folder)


def copy_of(name: str, folder: Path) -> Path:
    """A copy of one of our notebooks in the folder, made unless it is there."""
    package = Path(__file__).parents[1]
    checkout = package.parent / "notebooks" / name
    copy = folder / name
    if not copy.exists():
        original = checkout if checkout.is_file() else package / "notebooks" / name
        shutil.copyfile(original, copy)
    return copy
