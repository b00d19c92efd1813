"""What a teacher says about a course: how it is read, and what is said about faults."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor_widget.server import BadSetting
from tutor_widget.server.tutors import watched
from tutor_widget.server.tutors.course import (
    MOST_MATERIAL,
    Closed,
    Course,
    Material,
    load_course,
)
from tutor_widget.server.tutors.watched_course import watch_course

EXAM = 'closed = [{ from = 2026-12-04T10:00:00, to = 2026-12-04T12:00:00, why = "exam" }]\n'
BERLIN = 'timezone = "Europe/Berlin"\n'
NOON = datetime(2026, 12, 4, 12, tzinfo=UTC)


def course(folder: Path, text: str) -> Course:
    (folder / "course.toml").write_text(text, encoding="utf-8")
    return load_course(folder / "course.toml")


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadSetting) as caught:
        course(folder, text)
    return str(caught.value).splitlines()


# --- what is read -----------------------------------------------------------------------------


def test_every_key_is_read(tmp_path: Path) -> None:
    """Each into the field of its name."""
    (tmp_path / "notes.md").write_bytes(b"\xef\xbb\xbfOne.\r\nTwo.")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "list.txt").write_text("Three.")
    text = (
        'title = "P1"\nabout = "Loops."\nlanguage = "de-AT"\nrules = "Say list."\ncode = "none"\n'
        f'{BERLIN}{EXAM}material = ["notes.md", "more/list.txt"]\nguard = false\n'
        'hold = "flagged"\nhold_minutes = 7.5\nhold_say = "Ask me."\n'
    )
    assert course(tmp_path, text) == Course(
        "P1",
        "Loops.",
        "de-AT",
        "Say list.",
        "none",
        (Closed(NOON.replace(hour=9), NOON.replace(hour=11), "exam"),),
        ZoneInfo("Europe/Berlin"),
        (Material("notes.md", "One.\nTwo."), Material("more/list.txt", "Three.")),
        guard=False,
        hold="flagged",
        hold_minutes=7.5,
        hold_say="Ask me.",
    )


def test_no_key_is_needed(tmp_path: Path) -> None:
    """An empty file says the same as none."""
    assert course(tmp_path, "") == Course()
    assert Course().guard
    assert (Course().hold, Course().hold_minutes, Course().hold_say) == ("none", 15, "")


# --- closed hours -----------------------------------------------------------------------------


def closed(folder: Path, from_: str, to: str, zone: str = BERLIN) -> tuple[str, str]:
    """The hours of one entry, in UTC."""
    (hours,) = course(folder, f'{zone}closed = [{{from={from_}, to={to}, why="w"}}]').closed
    return f"{hours.from_:%d %H:%M}", f"{hours.to:%d %H:%M}"


def test_local_times_are_of_the_course_s_zone(tmp_path: Path) -> None:
    """In summer they are two hours ahead of UTC in Berlin, in winter one."""
    assert closed(tmp_path, "2026-07-01T10:00:00", "2026-12-01T10:00:00") == (
        "01 08:00",
        "01 09:00",
    )


def test_a_time_with_an_offset_needs_no_zone(tmp_path: Path) -> None:
    """And with one it is the same moment."""
    for zone in ("", BERLIN):
        hours = closed(tmp_path, "2026-07-01T10:00:00Z", "2026-07-01T10:00:00-03:00", zone)
        assert hours == ("01 10:00", "01 13:00")


def test_a_time_that_comes_twice_closes_for_longer(tmp_path: Path) -> None:
    """On 25 October 2026 the clocks of Berlin show 02:30 at 00:30 and at 01:30 UTC."""
    day = "2026-10-25T"
    assert closed(tmp_path, f"{day}02:30:00", f"{day}05:00:00") == ("25 00:30", "25 04:00")
    assert closed(tmp_path, f"{day}00:00:00", f"{day}02:30:00") == ("24 22:00", "25 01:30")
    assert closed(tmp_path, f"{day}02:30:00", f"{day}02:45:00") == ("25 00:30", "25 01:45")


def test_a_time_that_is_left_out_closes_for_longer(tmp_path: Path) -> None:
    """On 29 March 2026 they go from 02:00 to 03:00 at 01:00 UTC."""
    day = "2026-03-29T"
    assert closed(tmp_path, f"{day}02:30:00", f"{day}05:00:00") == ("29 00:30", "29 03:00")
    assert closed(tmp_path, f"{day}00:00:00", f"{day}02:30:00") == ("28 23:00", "29 01:30")
    assert closed(tmp_path, f"{day}01:00:00", f"{day}04:00:00") == ("29 00:00", "29 02:00")


def hours(from_: int, to: int, why: str = "w") -> Closed:
    """Of the day of `NOON`, by minutes."""
    begin = NOON.replace(hour=0)
    return Closed(begin + timedelta(minutes=from_), begin + timedelta(minutes=to), why)


def test_a_course_is_closed_from_the_first_moment_to_the_last() -> None:
    """The last one is open again. The time may be given in any zone."""
    exam = hours(600, 720)
    one = Course(closed=(exam,))
    second = timedelta(seconds=1)
    moments = (exam.from_ - second, exam.from_, exam.to - second, exam.to)
    assert [one.closed_at(moment) for moment in moments] == [None, exam, exam, None]
    assert one.closed_at(exam.from_.astimezone(timezone(timedelta(hours=9)))) == exam


def test_hours_that_overlap_are_told_as_one() -> None:
    """Until the tutor answers again, with the reason that holds now."""
    one = Course(closed=(hours(0, 60, "a"), hours(30, 90, "b"), hours(90, 120, "c"), hours(121, 9)))
    told = [one.closed_at(hours(minute, 0).from_) for minute in (10, 40, 100)]
    assert [(found.to, found.why) for found in told if found] == [
        (hours(0, 120).to, why) for why in "abc"
    ]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=8), st.integers(0, 80))
def test_it_is_closed_whenever_any_hours_hold(spans: list[tuple[int, int]], minute: int) -> None:
    """And what is told as the end is the first moment at which none do."""
    entries = sorted(
        (hours(begin, begin + length) for begin, length in spans), key=lambda h: h.from_
    )
    one, now = Course(closed=tuple(entries)), hours(minute, 0).from_
    found = one.closed_at(now)

    def holds(moment: datetime) -> bool:
        return any(entry.from_ <= moment < entry.to for entry in entries)

    assert (found is not None) == holds(now)
    if found is not None:
        while holds(now):
            now += timedelta(minutes=1)
        assert found.to == now


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("titel = 1", "titel", "did you mean 'title'"),
        ("title = 1", "title", "a text is required"),
        (f'rules = "{"x" * 8_001}"', "rules", "8,001 characters, and 8,000 at most fit"),
        ('language = "Deutsch!"', "language", 'such as "de"'),
        ('language = "German"', "language", 'such as "de"'),
        ('code = "some"', "code", "one of 'none', 'examples', 'any' is required"),
        ('hold = "some"', "hold", "one of 'none', 'flagged', 'all' is required"),
        ("hold = true", "hold", "a text is required"),
        ("hold_minutes = 0", "hold_minutes", "a number above 0 is required"),
        ("hold_minutes = 10081", "hold_minutes", "at most 10,080 (a week)"),
        ('hold_minutes = "15"', "hold_minutes", "a number is required"),
        ("hold_say = true", "hold_say", "a text is required"),
        ('guard = "no"', "guard", "true or false is required"),
        ('timezone = "Europe/Berln"', "timezone", "did you mean 'Europe/Berlin'"),
        ('timezone = "Europe"', "timezone", "knows no zone"),
        ('timezone = "CEST"', "timezone", "'CEST'; write it as in"),  # not EST, in America
        ('timezone = "GMT+1"', "timezone", "'GMT+1'; write it as in"),  # not Etc/GMT+1: UTC-1
        ('timezone = "/etc/passwd"', "timezone", "knows no zone"),
        ('timezone = "\\u0000"', "timezone", "knows no zone"),
        ("timezone = 1", "timezone", "a text is required"),
        ("steps = []", "steps", "give a lesson's file another name"),
        ("closed = 1", "closed", "a list of tables is required"),
        (EXAM, "from", 'write one for the course: timezone = "Europe/Berlin"'),
        (BERLIN + EXAM.replace("why", "wy"), "wy", "did you mean 'why'"),
        (BERLIN + EXAM.replace("from", "start"), "start", "the keys are from, to, why"),
        (BERLIN + EXAM.replace('"exam"', '""'), "why", "a text is required"),
        (BERLIN + EXAM.replace("T10:00:00", ""), "from", "a day with a time is required"),
        (BERLIN + EXAM.replace("2026-12-04T10:00:00", '"10:00"'), "from", "without quotes"),
        (BERLIN + EXAM.replace("T12:00", "T10:00"), "to", "later than 'from'"),
        (BERLIN + EXAM.replace("T12:00:00", "T09:00:00Z"), "to", "later than 'from'"),
        (BERLIN + EXAM.replace("2026-12-04T10", "0001-01-01T00"), "from", "too far away"),
        (BERLIN + EXAM.replace("2026-12-04T12:00:00", "9999-12-31T23:59:00Z"), "to", "too far"),
        ('material = "notes.md"', "material", "a list of at least one text is required"),
        ('material = ["none.md"]', "material", "no file none.md beside course.toml"),
        ('material = ["."]', "material", "there is no file"),
        ('material = ["../secret"]', "material", "outside the folder"),
        ('material = ["/etc/hostname"]', "material", "outside the folder"),
        ('material = ["link"]', "material", "link lies outside the folder"),
        ('material = ["folder/secret"]', "material", "folder/secret lies outside the folder"),
        ('material = ["circle"]', "material", "circle"),
        ('material = ["big"]', "material", "more than 64 KiB"),
        ('material = ["half", "half"]', "material", "with half the files have more than 64 KiB"),
        ('material = ["ansi"]', "material", "Save it as UTF-8"),
        ('material = ["a\\nb"]', "material", "no name may have here"),
        (f'material = ["{"x" * 300}"]', "material", "cannot be read"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_key(tmp_path: Path, text: str, key: str, words: str) -> None:
    """And says what is expected."""
    folder, other = tmp_path / "course", tmp_path / "other"
    for one in (folder, other):
        one.mkdir()
    (tmp_path / "secret").write_text("s")
    (other / "secret").write_text("s")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(other)
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "big").write_bytes(b"x" * (MOST_MATERIAL + 1))
    (folder / "half").write_bytes(b"x" * (MOST_MATERIAL // 2 + 1))
    (folder / "ansi").write_bytes("für".encode("cp1252"))
    (said,) = faults(folder, text)
    assert said.startswith("course.toml")
    assert f"key {key!r}" in said
    assert words in said
    assert said.endswith(".")
    assert not said.endswith("..")


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    """One a line, each with its entry."""
    text = 'code = "x"\ntimezone = "x"\nclosed = [{why = "w"}, {from = 1, why = "w"}]\nguard = 1'
    places = [line.partition(": ")[0] for line in faults(tmp_path, text)]
    assert places == [
        "course.toml, key 'code'", "course.toml, key 'timezone'",
        "course.toml, closed 1, key 'from'", "course.toml, closed 2, key 'from'",
        "course.toml, key 'guard'",
    ]  # fmt: skip


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    """As Kubernetes mounts files: each a link into a folder that is a link."""
    (tmp_path / "..1").mkdir()
    (tmp_path / "..1" / "notes.md").write_text("One.")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "notes.md").symlink_to("..data/notes.md")
    assert course(tmp_path, 'material = ["notes.md"]').material == (Material("notes.md", "One."),)


def test_the_whole_budget_of_material_may_be_used(tmp_path: Path) -> None:
    """In several files."""
    for name in "ab":
        (tmp_path / name).write_bytes(b"x" * (MOST_MATERIAL // 2))
    assert len(course(tmp_path, 'material = ["a", "b"]').material) == 2


# --- read anew --------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message looks."""
    monkeypatch.setattr(watched, "INTERVAL", 0)


@pytest.mark.usefixtures("at_once")
async def test_a_changed_file_and_changed_material_are_seen(tmp_path: Path) -> None:
    """Also material that the file did not name when it was first read."""
    file = tmp_path / "course.toml"
    file.write_text('title = "One"')
    held = watch_course(file, None)
    assert (await held.current()).title == "One"
    (tmp_path / "notes.md").write_text("first")
    file.write_text('material = ["notes.md"]')
    assert [one.text for one in (await held.current()).material] == ["first"]
    (tmp_path / "notes.md").write_text("second one")
    assert [one.text for one in (await held.current()).material] == ["second one"]


@pytest.mark.usefixtures("at_once")
async def test_a_faulty_file_leaves_the_old_one_in_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the fault, once. Material that comes later is enough to mend it."""
    file = tmp_path / "course.toml"
    file.write_text('title = "One"')
    held = watch_course(file, None)
    file.write_text('title = "Two"\nmaterial = ["late.md"]')
    for _ in range(3):
        assert (await held.current()).title == "One"
    (said,) = [record for record in caplog.records if record.message == "course refused"]
    assert said.levelno == logging.WARNING
    assert "late.md" in said.__dict__["fields"]["reason"]
    (tmp_path / "late.md").write_text("here")
    assert (await held.current()).title == "Two"


@pytest.mark.usefixtures("at_once")
async def test_a_file_beside_the_lessons_may_come(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A teacher who thinks of the exam in the morning need not restart the server. One that is
    deleted in the exam opens nothing; an empty one does."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "loops.toml").write_text("")
    for lessons in (folder, folder / "loops.toml"):
        held = watch_course(None, lessons)
        assert await held.current() == Course()
        (folder / "course.toml").write_text('title = "One"')
        assert (await held.current()).title == "One"
        away = folder.rename(tmp_path / "away")  # for a moment: what is known goes on
        assert (await held.current()).title == "One"
        away.rename(folder)
        assert (await held.current()).title == "One"
        (folder / "course.toml").unlink()
        assert (await held.current()).title == "One"
        assert "is gone; what it said still holds" in _reason(caplog)
        (folder / "course.toml").touch()
        assert await held.current() == Course()
        (folder / "course.toml").unlink()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("name", ["Course.toml", "COURSE.TOML", "course.toml.txt"])
async def test_a_name_that_is_almost_right_is_a_fault(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start and later: else the exam would stay open, and nobody would know why."""
    held = watch_course(None, tmp_path)
    (tmp_path / name).write_text('title = "One"')
    with pytest.raises(BadSetting, match=r"rename it to course\.toml"):
        watch_course(None, tmp_path)
    assert await held.current() == Course()
    assert "rename it" in _reason(caplog)
    (tmp_path / name).rename(tmp_path / "course.toml")
    assert (await held.current()).title == "One"


def _reason(caplog: pytest.LogCaptureFixture) -> str:
    """Why the log says that the last file was refused."""
    reason: str = caplog.records[-1].__dict__["fields"]["reason"]
    return reason


async def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """What an operator asks for and does not get is said at the start."""
    with pytest.raises(BadSetting, match=r"mine\.toml cannot be read"):
        watch_course(tmp_path / "mine.toml", None)
    assert await watch_course(None, None).current() == Course()
    assert (await watch_course(Course("T"), tmp_path).current()).title == "T"
