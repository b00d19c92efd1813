"""Which session a chat belongs to, and where a user's files are.

A session that the program names is that one. Else the one remembered for this server and notebook,
so that a restarted kernel and a cell run again go on with the conversation. Else a new one, whose
id is 128 random bits and thereby a key: it is in no trait, no log, no notebook, only in a file that
its owner alone can read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .errors import Refused
from .wire import is_id

_MOST_LEFT: Final = 20
"""Replaced sessions that are remembered; each was left by a learner's own click."""


def data_folder() -> Path:
    """Where journals, remembered sessions and the embedded tutor's log live."""
    from jupyter_core.paths import jupyter_data_dir

    try:
        return Path(jupyter_data_dir()) / "tutor_widget"
    except RuntimeError:  # whoever has no home has no folder, which is told where it matters
        return Path(os.devnull) / "tutor_widget"


def user() -> str:
    """Whose conversation it is, as far as the environment knows."""
    return os.environ.get("JUPYTERHUB_USER") or ""


def digest(*parts: str) -> str:
    """A name for these parts that tells nothing about them: 32 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def private_folder(folder: Path) -> Path:
    """The folder, made with mode 0700 if it is not there, as the one around it. Raises OSError."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Identity:
    """A session's id, and when it was last used (Unix s) if it was remembered."""

    session: str
    used_at: float | None = None


class Remembered:
    """The session remembered for one server and notebook: a file of its own, so nobody collides."""

    def __init__(self, server: str, notebook: str | None, folder: Path | None = None) -> None:
        base = (folder or data_folder()) / "sessions"
        self._file = base / f"{digest(server, notebook, user())}.json" if notebook else None

    def recall(self) -> Identity:
        """The remembered session, or a new one."""
        with contextlib.suppress(KeyError, TypeError, ValueError):
            record = self._read()
            if is_id(record["session"]):
                return Identity(record["session"], float(record["at"]))
        return Identity(new_id())

    def remember(self, session: str) -> None:
        """Make it the one that `recall` finds; a disk that cannot be written is no obstacle."""
        self._write({"session": session, "at": time.time(), "left": self.left()})

    def forget(self, session: str) -> None:
        """If it is the one that `recall` finds, the next `recall` makes a new one."""
        if self.recall().session == session:
            self._write({"left": self.left()})

    def left(self) -> list[str]:
        """Sessions that a new one has replaced while messages still waited in them."""
        left = self._read().get("left")
        return [id for id in left if isinstance(id, str) and is_id(id)] if left else []

    def leave(self, session: str) -> None:
        """Messages wait in it, and another takes its place."""
        self._write(self._read() | {"left": [*self.left(), session][-_MOST_LEFT:]})

    def settle(self, session: str) -> None:
        """Nothing waits in it any more."""
        self._write(self._read() | {"left": [id for id in self.left() if id != session]})

    def _read(self) -> dict[str, Any]:
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                record = json.loads(self._file.read_text("utf-8"))
                return record if isinstance(record, dict) else {}
        return {}

    def _write(self, record: dict[str, Any]) -> None:
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            private_folder(self._file.parent)
            draft = self._file.with_suffix(f".{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as f:
                json.dump(record, f)
            draft.replace(self._file)


def new_id() -> str:
    """128 random bits as an id."""
    return secrets.token_hex(16)


def check_session(session: str) -> str:
    """The id, if it may name a session; else Refused."""
    if not is_id(session):
        raise Refused("A session's name has 1 to 64 letters, digits, hyphens or underscores.")
    return session
