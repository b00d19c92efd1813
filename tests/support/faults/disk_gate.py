"""Finds what the chats' thread reads or writes: nothing on it may wait for a disk.

An audit hook cannot be taken away again, so `watch` is for a process of its own (`children`).
"""

from __future__ import annotations

import os
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tutor_widget.client.loop import call_on_loop

_PREFIXES: Final = (
    "os.",
    "shutil.",
    "glob.",
    "pathlib.",
    "tempfile.",
    "sqlite3.connect",
    "ctypes.dl",
)
_NAMES: Final = ("open", "import")
_HARMLESS: Final = ("os.putenv", "os.unsetenv", "os.kill")
_UNAUDITED: Final = ("stat", "lstat", "fsync", "fdatasync", "access", "readlink", "statvfs")
"""Functions of `os` that wait for a disk and raise no audit event."""


def watch() -> list[str]:
    """From now on, each file that the chats' thread touches, and from where."""
    found: list[str] = []
    thread = call_on_loop(threading.get_ident)

    def look(event: str, what: object) -> None:
        if threading.get_ident() == thread:
            found.append(f"{event} {what} from {_where()}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if (event in _NAMES or event.startswith(_PREFIXES)) and event not in _HARMLESS:
            look(event, arguments[:1])

    for name in _UNAUDITED:
        _patch(os, name, look)
    _patch(ssl.SSLContext, "load_default_certs", look)  # OpenSSL reads them
    sys.addaudithook(hook)
    return found


def _patch(owner: Any, name: str, look: Callable[[str, object], None]) -> None:
    function = getattr(owner, name)

    def patched(*arguments: Any, **keywords: Any) -> Any:
        look(name, arguments[:1])
        return function(*arguments, **keywords)

    setattr(owner, name, patched)


def _where() -> str:
    """The code that led there, innermost first."""
    frame: FrameType | None = sys._getframe(3)
    places: list[str] = []
    while frame is not None and len(places) < 12:
        if "importlib" not in (name := frame.f_code.co_filename):
            places.append(f"{Path(name).name}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(places)
