"""Who is compared, and with which settings: those are in each one's program."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.faulty import packages

PROGRAMS: Final = Path(__file__).with_name("programs")
OURS: Final = "tutor_widget"


@dataclass(frozen=True)
class System:
    """One row of the comparison. In the commands, {port} and {file} (the log) are filled in."""

    name: str
    client: list[str]
    server: list[str]
    logged: Callable[[Path], list[int]]
    env: dict[str, str] = field(default_factory=dict)


def ours() -> System:
    """This project: its real client with a journal, its real server."""
    server = [sys.executable, "-m", "tutor_widget.server", "--port={port}", "--tutor=echo"]
    server += ["--db-url=sqlite:///{file}", "--pace=0", "--rate=0"]
    client = [sys.executable, str(PROGRAMS / "ours.py"), "{port}"]
    return System(OURS, client, server, _committed)


def _in_python(name: str, program: str) -> System:
    return _peer(name, str(packages.python()), program, {})


def _in_node(name: str, program: str, *options: str) -> System:
    modules = packages.node()
    return _peer(name, packages.find("node"), program, {"NODE_PATH": str(modules)}, *options)


def _peer(name: str, interpreter: str, program: str, env: dict[str, str], *options: str) -> System:
    path = str(PROGRAMS / program)
    client = [interpreter, path, "client", "{port}", *options]
    server = [interpreter, path, "server", "{port}", "{file}", *options]
    return System(name, client, server, _lines, env)


SYSTEMS: Final[dict[str, Callable[[], System]]] = {
    OURS: ours,
    "websockets": lambda: _in_python("websockets", "websockets_list.py"),
    "python-socketio": lambda: _in_python("python-socketio", "python_socketio.py"),
    "socket.io": lambda: _in_node("socket.io", "socketio_documented.cjs"),
    "socket.io-best": lambda: _in_node("socket.io-best", "socketio_best.cjs"),
    "partysocket": lambda: _in_node("partysocket", "partysocket_heartbeat.cjs"),
}
"""Each makes its system, and raises `packages.Missing` where it cannot be had."""


def _committed(file: Path) -> list[int]:
    """The learner's messages in our server's database, in the order of the log."""
    if not file.exists():
        return []
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT text FROM events WHERE role = 'learner' ORDER BY seq")
        return [int(text) for (text,) in rows]


def _lines(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []
