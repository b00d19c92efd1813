"""JupyterLab on the quickstart notebook, with a tutor built in: `tutor-widget lab`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tutor_widget.errors import Refused

_QUICKSTART: Final = "quickstart.ipynb"


def run(argv: list[str]) -> int:
    """Run JupyterLab with these options. Raises Refused if it is not installed."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise Refused(code="no_jupyterlab")
    notebook = quickstart(Path.cwd())
    opened = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    command = [sys.executable, "-m", "jupyterlab", opened, *argv, str(notebook)]
    if os.name == "nt":  # where exec quotes nothing, and the console does not wait for it
        return subprocess.call(command)
    return os.execv(sys.executable, command)  # noqa: S606 - it becomes the command


def quickstart(folder: Path) -> Path:
    """The quickstart notebook to open: the checkout's own, or a copy put into the folder."""
    package = Path(__file__).parents[1]
    if (own := package.parent / "notebooks" / _QUICKSTART).is_file():
        return own
    copy = folder / _QUICKSTART
    if not copy.exists():
        shutil.copyfile(package / "notebooks" / _QUICKSTART, copy)
    return copy
