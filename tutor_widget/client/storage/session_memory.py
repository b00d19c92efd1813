"""Session memory: which session a chat belongs to.

A session that the program names is that one. Else the one remembered for this server and notebook,
so that a restarted kernel and a cell run again continue the conversation. Else a new one, whose id
is 128 random bits and therefore a secret: it is in no trait, no log and no notebook, only in a file
that its owner alone can read.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tutor_widget.errors import Refused
from tutor_widget.wire import is_id

from .files import DRAFT_LASTS, delete, replace_by, sweep_drafts, write_draft
from .folders import data_folder, digest, user_name

MOST_LEFT: Final = 20
"""Replaced sessions that are remembered; each was left by a learner's own click."""
REMEMBERED_EVERY: Final = 60.0
"""Seconds after which a session in use is written again. The time only has to tell whether a day
has passed."""


@dataclass(frozen=True)
class SessionRecord:
    """A session's id, and when it was last used (Unix s) if it was remembered."""

    session: str = field(repr=False)  # a secret, if it is random
    used_at: float | None = None


class SessionMemory:
    """The session remembered for one server and notebook, and those that a new one has replaced.

        KEY.json           {"session": …, "at": …}   the session, last used at that time (Unix s)
        KEY.DIGEST.left    {"session": …, "at": …}   a replaced one in which messages may wait

    Its methods block on the disk: call them on the disk's thread, in order. If the disk cannot be
    read or written, nothing is remembered, and nothing is raised.

    Several kernels use it at once, on a home where locks prove nothing. So no file is ever changed
    in place: each replaced session has its own file, made by `leave` and deleted by `settle`, and
    the file of the session itself is replaced whole.

    ``earlier`` is the name that the notebook was remembered under before. What is found there
    becomes this notebook's, while nothing is remembered here.

    Two kernels may use different sessions of one notebook. The one that replaces the other's cannot
    know whether messages wait there, so it leaves that session first. If nothing waits, the next
    kernel that reads `left` settles it.
    """

    def __init__(
        self,
        server: str,
        notebook: str | None,
        folder: Path | None = None,
        earlier: str | None = None,
    ) -> None:
        self._folder = (folder or data_folder()) / "sessions"
        self._key = digest(server, notebook, user_name()) if notebook else None
        self._earlier = SessionMemory(server, earlier, folder) if earlier else None

    def recall(self) -> SessionRecord:
        """The remembered session, or a new one."""
        found = None if self._key is None else _remembered(_read(self._file))
        if found is None and self._earlier is not None:
            for session in self._earlier.left():
                self.leave(session)
            return self._earlier.recall()
        return found or SessionRecord(new_id())

    def remember(self, session: str) -> None:
        """Make it the session that `recall` finds. Call this at each use of the session."""
        if self._key is None:
            return
        record = _read(self._file)
        if _is_fresh(_remembered(record), session) and not _left_of_0_1(record):
            return
        sweep_drafts(self._folder, self._key, DRAFT_LASTS)
        now = time.time()
        if not self._write(self._file, session, now, lambda: self._leave_all_but(session)):
            return
        # Another kernel may have looked before we wrote, and replaced ours without leaving it.
        if not _is_of(_read(self._file), session):
            self._leave([SessionRecord(session, now)])
        self._forget_the_oldest()

    def forget(self, session: str, waits: bool = False) -> None:
        """The session was erased: the next `recall` does not find it.

        ``waits``: something of another account waits in it. Then it counts as left.
        """
        if self._key is None:
            return
        if waits:
            self.leave(session)
        record = _read(self._file)
        if _is_of(record, session) and self._leave(_held(record, but=session)):
            self._remove_record(session)
        if not waits:
            self.settle(session)
        if self._earlier is not None:
            delete(self._earlier._file)  # or the next `recall` would find it there

    def left(self) -> list[str]:
        """The newest replaced sessions in which messages may wait, oldest first."""
        if self._key is None:
            return []
        found = [*_left_of_0_1(_read(self._file)), *(one.session for one, _ in self._all_left())]
        return list(dict.fromkeys(found))[-MOST_LEFT:]

    def leave(self, session: str) -> None:
        """Another session replaces this one, in which messages may wait."""
        if self._key is not None:
            self._leave([SessionRecord(session, time.time())])
            self._forget_the_oldest()

    def settle(self, session: str) -> None:
        """No message waits in the session any more."""
        if self._key is not None:
            delete(self._left_file(session))
            for one, path in self._all_left():
                if one.session == session:  # see `_remove_record`
                    delete(path)

    # --- files ----------------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return self._folder / f"{self._key}.json"

    def _left_file(self, session: str) -> Path:
        return self._folder / f"{self._key}.{digest(session)}.left"

    def _all_left(self) -> list[tuple[SessionRecord, Path]]:
        """The replaced sessions with their files, oldest first."""
        paths = self._folder.glob(f"{self._key}.*.left")
        found = ((_remembered(_read(path)), path) for path in paths)
        return sorted(
            ((identity, path) for identity, path in found if identity is not None),
            key=lambda pair: pair[0].used_at or 0.0,
        )

    def _leave_all_but(self, session: str) -> bool:
        """Leave what the record holds besides this session, until it holds nothing else that is
        not left. Returns whether that worked."""
        left: list[SessionRecord] = []
        while others := [one for one in _held(_read(self._file), but=session) if one not in left]:
            if not self._leave(others):
                return False
            left += others  # that took time: another kernel may have written a new record
        return True

    def _leave(self, sessions: Iterable[SessionRecord]) -> bool:
        """Give each session its own file, unless it has one as new. Returns whether all have."""
        for one in sessions:
            path, at = self._left_file(one.session), one.used_at or 0.0
            known = _remembered(_read(path))
            is_left = known is not None and (known.used_at or 0.0) >= at
            if not (is_left or self._write(path, one.session, at)):
                return False
        return True

    def _forget_the_oldest(self) -> None:
        """Keep at most `MOST_LEFT` replaced sessions. Not called by `forget`, which has one more
        file for a moment."""
        for _, path in self._all_left()[:-MOST_LEFT]:
            delete(path)

    def _write(
        self, path: Path, session: str, at: float, may_replace: Callable[[], bool] = lambda: True
    ) -> bool:
        """Replace the file by this record, durably and atomically. Returns whether it worked.

        ``may_replace`` is called just before, when the disk has the draft.
        """
        draft = self._draft()
        try:
            write_draft(draft, json.dumps({"session": session, "at": at}).encode("ascii"))
            if not may_replace():
                delete(draft)
                return False
            replace_by(draft, path)
        except OSError:
            return False
        return True

    def _remove_record(self, session: str) -> None:
        """Delete the record if it is of this session."""
        # Another kernel may replace it now. So it is checked again after a move, to a name under
        # which its session counts as left: if we are killed, or a third kernel remembers one
        # meanwhile, what the other wrote is not lost.
        taken = self._folder / f"{self._key}.{secrets.token_hex(4)}.left"
        with contextlib.suppress(OSError):
            self._file.replace(taken)
            record = _read(taken)
            is_back = not _is_of(record, session) and _put_back(taken, self._file)
            if is_back or self._leave(_held(record, but=session)):
                delete(taken)

    def _draft(self) -> Path:
        return self._folder / f"{self._key}.{secrets.token_hex(4)}.draft"


def _read(path: Path) -> dict[str, Any]:
    """The record in a file; {} if there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        record = json.loads(path.read_text("utf-8"))
        return record if isinstance(record, dict) else {}
    return {}


def _remembered(record: dict[str, Any]) -> SessionRecord | None:
    session, at = record.get("session"), record.get("at")
    if isinstance(session, str) and is_id(session) and isinstance(at, int | float):
        return SessionRecord(session, float(at)) if math.isfinite(at) else None
    return None


def _is_of(record: dict[str, Any], session: str) -> bool:
    found = _remembered(record)
    return found is not None and found.session == session


def _is_fresh(found: SessionRecord | None, session: str) -> bool:
    if found is None or found.session != session or found.used_at is None:
        return False
    return abs(time.time() - found.used_at) < REMEMBERED_EVERY


def _left_of_0_1(record: dict[str, Any]) -> list[str]:
    """The replaced sessions in the record of version 0.1, under ``left``, oldest first."""
    left = record.get("left")
    if not isinstance(left, list):
        return []
    return [session for session in left if isinstance(session, str) and is_id(session)]


def _held(record: dict[str, Any], but: str) -> list[SessionRecord]:
    """The sessions in a record besides this one. Those of version 0.1 are the oldest."""
    held = [SessionRecord(one, float(turn)) for turn, one in enumerate(_left_of_0_1(record))]
    if (found := _remembered(record)) is not None:
        held.append(found)
    return [one for one in held if one.session != but]


def _put_back(taken: Path, path: Path) -> bool:
    """Give a file its name back, unless another file has it by now. Returns whether it has it."""
    try:
        os.link(taken, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        if path.exists():
            return False
        taken.replace(path)
    return True


def new_id() -> str:
    """128 random bits as an id."""
    return secrets.token_hex(16)


def check_session(session: str) -> str:
    """The id, if it may name a session; else Refused."""
    if not is_id(session):
        raise Refused(code="session_name")
    return session
