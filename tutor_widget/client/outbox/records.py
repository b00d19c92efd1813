"""The format of a journal: lines of JSON, each with a checksum.

    4bcd0fae {"owner":{"machine":"…","pid":…,"started":…}}
    91c3d0f2 {"origin":{"server":"…","session":"…","credentials":"…"}}
    1f0c83aa {"put":{"id":"…","text":"…","at":…,"status":"queued",…}}
    6d0e19b4 {"request":{"id":"…","op":"erase",…}}
    8a3be112 {"gone":"…"}

``put`` is a message as it is now, ``request`` a report or an erasure, ``gone`` one of either that
is settled, ``owner`` the process that writes the journal, null once it has released it, ``origin``
the session that it is of. Reading takes every line with a right checksum and the right types; other
lines are torn or damaged, and never fatal. Unknown keys are ignored, and lines of another kind:
another version may have written them.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tutor_widget import processes, words
from tutor_widget.session import Entry, Message, Request
from tutor_widget.wire import is_id

Owner = dict[str, Any]
"""A process that writes a journal; without keys where the system does not tell."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which session a journal is of, so that any kernel of the user can send what it holds.

    ``server`` is a digest of server and user, ``credentials`` the name of those that the journal
    was written with (`owners.credentials_owner`).
    """

    server: str
    session: str
    credentials: str


class Contents(NamedTuple):
    """What a journal holds."""

    entries: dict[str, Entry]
    """Messages and requests that are not settled, in the order of their first lines."""
    owner: Owner | None
    """None: released."""
    damaged: list[bytes]
    """The lines that cannot be read."""
    origin: Origin | None
    """None: version 0.1 wrote it."""


def put(entry: Entry) -> bytes:
    """The line of a message or a request as it is now."""
    if isinstance(entry, Request):
        return line({"request": asdict(entry)})
    # Version 0.1 knows no codes, and shows the reason alone.
    reason = entry.reason or words.sentence(entry.code)
    return line({"put": asdict(entry) | {"reason": reason}})


def gone(id: str) -> bytes:
    """The line of a settled entry."""
    return line({"gone": id})


def owned() -> bytes:
    """The line that names this process as the owner."""
    return line({"owner": this_process()})


def comes_from(origin: Origin) -> bytes:
    """The line that names the session."""
    return line({"origin": asdict(origin)})


def released() -> bytes:
    """The line that says that there is no owner any more."""
    return line({"owner": None})


def line(record: dict[str, Any]) -> bytes:
    """The line of a record."""
    body = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read(path: Path) -> Contents:
    """Read a journal. Raises OSError."""
    entries: dict[str, Entry] = {}
    owner: Owner | None = {}
    damaged: list[bytes] = []
    origin: Origin | None = None
    for text in path.read_bytes().splitlines(keepends=True):
        match _record(text):
            case {"put": Message() as entry} | {"request": Request() as entry}:
                entries[entry.id] = entry
            case {"gone": id}:
                entries.pop(id, None)
            case {"owner": owner}:
                pass
            case {"origin": Origin() as origin}:
                pass
            case None:
                damaged.append(text)
    return Contents(entries, owner, damaged, origin)


def _record(text: bytes) -> dict[str, Any] | None:
    checksum, _, body = text.rstrip(b"\n").partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(body) or not text.endswith(b"\n"):
            return None
        record = json.loads(body)
        if not isinstance(record, dict):
            return None
        if "put" in record:
            record["put"] = msgspec.convert(record["put"], Message)
        if "request" in record:
            record["request"] = msgspec.convert(record["request"], Request)
        if "origin" in record:
            record["origin"] = msgspec.convert(record["origin"], Origin)
            if not is_id(record["origin"].session):
                return None
        if not isinstance(record.get("gone", ""), str):
            return None
        if not isinstance(record.get("owner"), dict | None):
            return None
    except (ValueError, TypeError):
        return None
    return record


# --- owners -------------------------------------------------------------------------------------


def this_process() -> Owner:
    """This process as an owner."""
    started = processes.started()
    if started is None:
        return {}
    return {"machine": this_machine(), "pid": os.getpid(), "started": started}


def this_machine() -> str:
    """The name of this machine since its last boot, and of its space of process ids."""
    return " ".join(processes.here() or processes.machine())


def may_live(owner: Owner) -> bool:
    """Whether the owner lives, or nothing proves that it does not."""
    if owner.get("machine") != this_machine():
        return True
    try:
        return processes.is_alive(owner["pid"], float(owner.get("started", 0.0)))
    except (LookupError, TypeError, ValueError, OverflowError):
        return True
