"""JupyterLab on the quickstart notebook, with a tutor built in: `tutor-widget lab`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
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
    notebook = quickstart(Path.cwd())
    opened = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    # Of JupyterLab's own code, which a learner cannot mend. Kernels show theirs.
    silent = ["-W", "ignore::DeprecationWarning"]
    at_once = "--ServerApp.answer_yes=True"  # Ctrl+C ends it without a question
    command = [sys.executable, *silent, "-m", "jupyterlab", opened, at_once, *argv, str(notebook)]
    folders = [str(_CONFIG), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    if os.name == "nt":  # where exec quotes nothing, and the console does not wait for it
        return subprocess.call(command)
    return os.execv(sys.executable, command)  # noqa: S606 - it becomes the command


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
    package = Path(__file__).parents[1]
    checkout = package.parent / "notebooks" / _QUICKSTART
    copy = folder / _QUICKSTART
    if not copy.exists():
        original = checkout if checkout.is_file() else package / "notebooks" / _QUICKSTART
        shutil.copyfile(original, copy)
    return copy
