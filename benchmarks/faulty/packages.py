"""The peers' packages: pinned, by name, in a folder beside the project that git ignores.

Nothing of theirs enters the project's environment or its locks. Delete the folder to start afresh.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

CACHE: Final = Path(__file__).resolve().parents[2] / ".bench_cache"
PYPI: Final = ["aiohttp==3.14.5", "python-socketio==5.18.1", "websockets==17.4"]
NPM: Final = {"partysocket": "1.3.0", "socket.io": "4.8.4", "socket.io-client": "4.8.4"}
NPM_TOO: Final = {"ws": "8.23.0"}


class Missing(Exception):
    """It cannot be had here; the message says what, and why."""


@functools.cache
def python() -> Path:
    """A Python that has the peers of PyPI."""
    return environment("python", PYPI)


def environment(name: str, requirements: list[str]) -> Path:
    """The Python of an environment that has these packages, made on first use."""
    folder = CACHE / name
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not _is_done(folder, requirements):
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(interpreter), "-m", "pip", "install", "--quiet", "--no-input", *requirements])
        _done(folder, requirements)
    return interpreter


@functools.cache
def node() -> Path:
    """A folder of modules that has the peers of npm."""
    folder = CACHE / "node"
    requirements = {**NPM, **NPM_TOO}
    if not _is_done(folder, requirements):
        npm, _ = find("npm"), find("node")
        folder.mkdir(parents=True, exist_ok=True)
        manifest = {"name": "peers", "private": True, "dependencies": requirements}
        (folder / "package.json").write_text(json.dumps(manifest))
        _run([npm, "install", "--no-audit", "--no-fund", "--loglevel=error"], folder)
        _done(folder, requirements)
    return folder / "node_modules"


def find(program: str) -> str:
    """Where a program is."""
    path = shutil.which(program)
    if path is None:
        raise Missing(f"there is no {program} here")
    return path


def _is_done(folder: Path, requirements: object) -> bool:
    note = folder / "done.json"
    return note.exists() and note.read_text() == json.dumps(requirements)


def _done(folder: Path, requirements: object) -> None:
    (folder / "done.json").write_text(json.dumps(requirements))


def _run(command: list[str], folder: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{Path(command[0]).name} does not work: {error}") from None
    if done.returncode:
        said = [*done.stderr.splitlines(), *done.stdout.splitlines()]
        why = next((line for line in said if "error" in line.lower()), "it does not say why")
        raise Missing(f"{' '.join([Path(command[0]).name, *command[1:4]])} … failed: {why}")
