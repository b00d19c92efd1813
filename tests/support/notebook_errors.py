"""Runs cells in a real IPython and returns the errors as a chat would share them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["errors_of_cells"]

_RUN: Final = """
import contextlib, gc, io, json, sys
from dataclasses import replace
from IPython.core.interactiveshell import InteractiveShell
from tutor_widget.notebook.ipython import watch

shell = InteractiveShell.instance(colors="nocolor")
shell.history_manager.enabled = False
watch.follow(lambda: None)
gc.freeze()  # a reset looks for what it has to free: only at what the cells have made
errors = []
for cell in json.load(sys.stdin):
    shell.reset(new_session=False)
    watch.ran = replace(watch.ran, error=None)
    shown = io.StringIO()
    sys.stdin = io.StringIO("")
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        shell.run_cell(cell, store_history=True)
    errors.append(watch.ran.error)
json.dump(errors, sys.stdout)
"""


def errors_of_cells(cells: Sequence[str], folder: Path) -> list[dict[str, Any] | None]:
    """The error of each cell, or None for a cell without one. Each has a namespace of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(list(cells)),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    errors: list[dict[str, Any] | None] = json.loads(done.stdout)
    return errors
