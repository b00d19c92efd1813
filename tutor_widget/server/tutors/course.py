"""The file ``course.toml``: what holds for a course as a whole. A teacher writes it.

    title = "Programming 1"
    rules = "We use Python 3.12. Say 'list', never 'array'."
    timezone = "Europe/Berlin"
    closed = [{ from = 2026-12-04T10:00:00, to = 2026-12-04T12:00:00, why = "exam" }]

Where it lies: `watched_course`. Without one the course is `Course()`.
docs/tutors.md describes every key.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from tutor_widget.textfile import UnreadableFile, decode
from tutor_widget.wire import is_language

from .tables import COURSE_FILE, Reader, load_table, read_all

__all__ = [
    "Closed",
    "Code",
    "Course",
    "Hold",
    "Material",
    "load_course",
]

Code = Literal["none", "examples", "any"]
"""What a model's reply may contain: no code, short examples, any code."""
Hold = Literal["none", "flagged", "all"]
"""Which answers with a model's words wait for a teacher: none, those that are flagged, all."""
MOST_WORDS: Final = 8_000
"""Characters of each text for the model."""
MOST_MATERIAL: Final = 64 << 10
"""Bytes of all files of ``material`` together."""
MINUTES: Final = 15
"""Minutes that an answer is held unless a course says another number."""
MOST_MINUTES: Final = 7 * 24 * 60
"""Minutes that an answer may be held: a week."""
_LONGEST_CODE: Final = 3
"""Letters of a language's code (ISO 639)."""
_KEYS: Final = frozenset(
    "title about language rules code closed timezone material guard"
    " hold hold_minutes hold_say".split()
)


@dataclass(frozen=True, slots=True)
class Closed:
    """Hours in which the tutor answers nothing, such as an exam. Both times are aware."""

    from_: datetime
    to: datetime
    """The first moment at which the tutor answers again."""
    why: str


@dataclass(frozen=True, slots=True)
class Material:
    """A file for the model. ``name`` is as the course's file has it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """What a teacher says about a course. The defaults are those of a course without a file."""

    title: str = ""
    about: str = ""
    """What the course is, for the model."""
    language: str = ""
    """The language (BCP 47) for learners whose own is not known; "" for none."""
    rules: str = ""
    """The teacher's own words to the model."""
    code: Code = "examples"
    closed: tuple[Closed, ...] = ()
    """In the order of their beginnings."""
    timezone: tzinfo = UTC
    """The zone in which times are written and told: a `ZoneInfo` if the file names one."""
    material: tuple[Material, ...] = ()
    guard: bool = True
    hold: Hold = "none"
    hold_minutes: float = MINUTES
    """After so many minutes a held answer goes out, whether or not anybody has looked at it …"""
    hold_say: str = ""
    """… with this text in its place; "": as it is."""

    def closed_at(self, now: datetime) -> Closed | None:
        """The closed hours that hold ``now`` (aware), or None.

        Hours that overlap, or follow without a pause, count as one: ``to`` is when the tutor
        answers again, ``why`` is of the hours that hold now.
        """
        found, until = None, now
        for hours in self.closed:
            if hours.from_ <= until < hours.to:
                found = hours if hours.from_ <= now else found
                until = hours.to
        return None if found is None else replace(found, to=until)


def load_course(path: Path) -> Course:
    """Load a course. Raises BadSetting for its faults, one a line, with file and key."""
    table = load_table(path)
    reader = Reader(path.name, table)
    if "steps" in table:
        raise reader.fault(
            "steps", f"{COURSE_FILE} is for the whole course; give a lesson's file another name"
        )
    reader.only(_KEYS)
    readings: dict[str, Callable[[], Any]] = {
        "title": partial(_words, reader, "title"),
        "about": partial(_words, reader, "about"),
        "language": partial(_language, reader),
        "rules": partial(_words, reader, "rules"),
        "code": partial(_code, reader),
        "timezone": partial(_timezone, reader, table),
        "closed": partial(_closed, path.name, reader, table),
        "material": partial(_material, reader, table, path.parent),
        "guard": partial(reader.flag, "guard", default=True),
        "hold": partial(_hold, reader),
        "hold_minutes": partial(_minutes, reader, table),
        "hold_say": partial(_words, reader, "hold_say"),
    }
    return Course(**dict(zip(readings, read_all(readings.values()), strict=True)))


def _words(reader: Reader, key: str) -> str:
    text = reader.text(key, "")
    if len(text) > MOST_WORDS:
        raise reader.fault(key, f"it has {len(text):,} characters, and {MOST_WORDS:,} at most fit")
    return text


def _language(reader: Reader) -> str:
    tag = reader.text("language", "")
    is_code = len(tag.split("-")[0]) <= _LONGEST_CODE  # a longer one is a name: "German"
    if tag and not (is_code and is_language(tag)):
        raise reader.fault("language", f'{tag!r} is no language; write its code, such as "de"')
    return tag


def _code(reader: Reader) -> str:
    code = reader.text("code", "examples")
    if code not in get_args(Code):
        raise reader.fault("code", f"one of {', '.join(map(repr, get_args(Code)))} is required")
    return code


# --- held answers -----------------------------------------------------------------------------


def _hold(reader: Reader) -> str:
    hold = reader.text("hold", "none")
    if hold not in get_args(Hold):
        raise reader.fault("hold", f"one of {', '.join(map(repr, get_args(Hold)))} is required")
    return hold


def _minutes(reader: Reader, table: Mapping[str, Any]) -> float:
    if "hold_minutes" not in table:
        return MINUTES
    minutes = reader.number("hold_minutes")
    if not 0 < minutes <= MOST_MINUTES:
        raise reader.fault(
            "hold_minutes", f"a number above 0 is required, and at most {MOST_MINUTES:,} (a week)"
        )
    return minutes


# --- closed hours -----------------------------------------------------------------------------


def _timezone(reader: Reader, table: Mapping[str, Any]) -> tzinfo:
    if "timezone" not in table:
        return UTC
    name = reader.text("timezone")
    zone = _zone(name)
    if zone is None:
        # No abbreviation is suggested, and no "Etc/GMT+1", which is an hour behind UTC.
        places = [zone for zone in available_timezones() if "/" in zone and zone[:4] != "Etc/"]
        near = difflib.get_close_matches(name, places, 1)
        meant = f"did you mean {near[0]!r}" if near else 'write it as in "Europe/Berlin"'
        raise reader.fault("timezone", f"this system knows no zone {name!r}; {meant}")
    return zone


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):  # OSError for a folder of zones, such as "Europe"
        return None


def _closed(file: str, reader: Reader, table: Mapping[str, Any]) -> tuple[Closed, ...]:
    entries = table.get("closed", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise reader.fault(
            "closed",
            "a list of tables is required: "
            '[{ from = 2026-12-04T10:00:00, to = 2026-12-04T12:00:00, why = "exam" }]',
        )
    zone = _zone(table["timezone"]) or UTC if "timezone" in table else None
    hours = read_all(
        partial(_hours, f"{file}, closed {number}", one, zone)
        for number, one in enumerate(entries, 1)
    )
    return tuple(sorted(hours, key=lambda one: one.from_))


def _hours(place: str, table: Mapping[str, Any], zone: tzinfo | None) -> Closed:
    reader = Reader(place, table)
    reader.only(frozenset({"from", "to", "why"}))
    (from_, begins), (to, ends) = (_time(reader, table, key, zone) for key in ("from", "to"))
    is_local = from_.tzinfo is None and to.tzinfo is None
    if min(begins) >= max(ends) or (is_local and from_ >= to):
        raise reader.fault("to", "it must be later than 'from'")
    # A clock that is put back shows a time twice, and one that is put forward leaves times out.
    # There the tutor is closed for as long as the words may mean.
    return Closed(min(begins), max(ends), " ".join(reader.text("why").split()))


def _time(
    reader: Reader, table: Mapping[str, Any], key: str, zone: tzinfo | None
) -> tuple[datetime, tuple[datetime, ...]]:
    """The time as written, and the moments that it may mean (UTC)."""
    time = table.get(key)
    if not isinstance(time, datetime):
        raise reader.fault(
            key, "a day with a time is required, without quotes: 2026-12-04T10:00:00"
        )
    if time.tzinfo is None and zone is None:
        raise reader.fault(
            key, 'it has no time zone; write one for the course: timezone = "Europe/Berlin"'
        )
    try:
        if time.tzinfo is not None:
            time.astimezone(zone or UTC)  # as it will be told
            return time, (time.astimezone(UTC),)
        local = time.replace(tzinfo=zone)
        return time, tuple(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:  # at the end of the calendar
        raise reader.fault(key, f"the year {time.year} is too far away") from None


# --- material ---------------------------------------------------------------------------------


def _material(reader: Reader, table: Mapping[str, Any], folder: Path) -> tuple[Material, ...]:
    if "material" not in table:
        return ()
    found, left = [], MOST_MATERIAL
    for name in reader.texts("material"):
        data = _read(reader, folder, name, left + 1)
        left -= len(data)
        if left < 0:
            most = f"{MOST_MATERIAL >> 10} KiB"
            raise reader.fault("material", f"with {name} the files have more than {most}")
        try:
            found.append(Material(name, decode(Path(name), data)))
        except UnreadableFile as error:
            raise reader.fault("material", str(error).rstrip(".")) from None
    return tuple(found)


def _read(reader: Reader, folder: Path, name: str, most: int) -> bytes:
    """The first ``most`` bytes of a file of the folder. A way out of it is a fault."""
    if not name.isprintable() or "`" in name:
        raise reader.fault("material", f"{name!r} has a character that no name may have here")
    try:
        path = (folder / name).resolve()  # where symbolic links lead
        if not path.is_relative_to(folder.resolve()):
            raise reader.fault("material", f"{name} lies outside the folder of {COURSE_FILE}")
        if not path.is_file():
            raise reader.fault("material", f"there is no file {name} beside {COURSE_FILE}")
        with path.open("rb") as file:
            return file.read(most)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        problem = getattr(error, "strerror", None) or "its links lead nowhere"
        raise reader.fault("material", f"{name} cannot be read: {problem}") from None
