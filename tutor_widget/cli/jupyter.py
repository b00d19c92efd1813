"""Whether the Jupyter servers that run here can draw a chat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
from jupyter_core.paths import SYSTEM_JUPYTER_PATH, jupyter_data_dir, jupyter_runtime_dir

_NEEDED: Final = ("anywidget", "@jupyter-widgets/jupyterlab-manager")


def lacking() -> Iterator[tuple[Path, str]]:
    """The Python of each running Jupyter server that lacks something, and the package's name.

    Their environments may be others than this program's. A server of another user, or one whose
    environment is not known, is passed over.
    """
    for python in sorted(_servers()):
        prefixes = (python.parent.parent, python.parent)  # the latter on Windows, with conda
        shares = [prefix / "share" / "jupyter" for prefix in prefixes]
        if not any((share / "lab").is_dir() for share in shares):
            continue  # no JupyterLab, or not where it is usually installed
        folders = [*shares, *map(Path, [jupyter_data_dir(), *SYSTEM_JUPYTER_PATH])]
        for name in _NEEDED:
            if not any((folder / "labextensions" / name).is_dir() for folder in folders):
                yield python, "anywidget" if name == "anywidget" else "jupyterlab_widgets"


def _servers() -> set[Path]:
    found = set[Path]()
    for note in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
        try:
            # Not `exe`: that of a virtual environment is the Python which made it.
            command = psutil.Process(json.loads(note.read_text("utf-8"))["pid"]).cmdline()
        except (psutil.Error, OSError, ValueError, KeyError, TypeError):
            continue
        if command and Path(command[0]).is_absolute():
            found.add(Path(command[0]))
    return found
