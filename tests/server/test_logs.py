"""The lines of the log: what they hold, and what they do not."""

from __future__ import annotations

import ast
import json
import logging
import re
import time
from pathlib import Path, PurePosixPath

import pytest

from tests.support.paths import ROOT
from tutor_widget import cli, server
from tutor_widget.server.logs import JsonLines, PlainLines, Throttle, where


def test_a_log_line_is_json_and_quotes_nobody() -> None:
    """An exception appears by type and place; its text, which may quote a learner, does not."""
    try:
        raise ValueError("what the learner wrote")
    except ValueError as error:
        facts = where(error)
    assert facts["error"] == "ValueError"
    assert facts["at"].startswith(f"{Path(__file__).name}:")
    assert "learner" not in str(facts)
    record = logging.LogRecord("x", logging.INFO, "", 0, "tutor failed", (), None)
    record.fields = facts
    line = json.loads(JsonLines().format(record))
    assert (line["event"], line["level"], line["error"]) == ("tutor failed", "info", "ValueError")


def test_what_comes_again_and_again_is_one_line_in_a_while() -> None:
    """The next line says how many were left out; each key has its own time."""
    throttle = Throttle(60)
    assert throttle.admit("accept", 0) == 0
    assert [throttle.admit("accept", now) for now in range(1, 60)] == [None] * 59
    assert throttle.admit("other", 1) == 0
    assert throttle.admit("accept", 60) == 59
    assert throttle.admit("accept", 120) == 0


def test_a_throttle_remembers_a_bounded_number_of_keys() -> None:
    """A fault whose place is always another one needs no memory without end."""
    throttle = Throttle(60)
    for number in range(10_000):
        assert throttle.admit(number, 0) == 0
    assert throttle.admit(9_999, 1) is None
    assert throttle.admit(0, 1) == 0


def test_a_log_line_has_its_own_level_time_and_facts() -> None:
    """The time is UTC, and a value that is no JSON appears as its text."""
    record = logging.LogRecord("x", logging.WARNING, "", 0, "store failed", (), None)
    record.created, record.msecs = 86_400.25, 250.0
    record.fields = {"folder": PurePosixPath("/srv"), "session": "0a1b"}
    line = json.loads(JsonLines().format(record))
    assert line == {
        "time": "1970-01-02T00:00:00.250Z",
        "level": "warning",
        "event": "store failed",
        "folder": "/srv",
        "session": "0a1b",
    }


def test_a_log_line_is_in_utc_wherever_the_server_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time ends with Z and is UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        record = logging.LogRecord("x", logging.INFO, "", 0, "stopped", (), None)
        record.created = 0.0
        line = json.loads(JsonLines().format(record))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert line["time"].startswith("1970-01-01T00:00:00")


def test_a_plain_line_drives_no_terminal() -> None:
    """It has time, level, event and fields, and a traceback on lines below."""
    record = logging.LogRecord("server", logging.ERROR, "", 0, "tutor failed", (), None)
    record.fields = {"error": "Key\x1b[2J\x9b1m", "n": 3, "traceback": "first\nsecond\x07"}
    first, *more = PlainLines().format(record).split("\n")
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  error: tutor failed, error Key\ufffd\[2J\ufffd1m, n 3", first
    )
    assert more == ["first", "second\ufffd"]


def test_every_event_of_the_log_is_documented() -> None:
    """The table of events in docs/operating.md has those that the code of servers and commands
    writes, and the table of the audit has those of it."""
    audited = {str(ast.literal_eval(call.args[0])) for call in calls("audit")}
    assert audited == documented("### The audit\n")
    assert written() | audited == documented("## The log\n")


def written() -> set[str]:
    """The first argument of each call of `log`. What varies in one is the name of a `Watched`."""
    names = {ast.literal_eval(call.args[2]) for call in calls("Watched")}
    return {event for call in calls("log") for event in events(call.args[0], names)}


def events(argument: ast.expr, names: set[str]) -> set[str]:
    if not isinstance(argument, ast.JoinedStr):
        return {str(ast.literal_eval(argument))}
    parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in argument.values]
    return {"".join(parts).format(name) for name in names}


def calls(function: str) -> list[ast.Call]:
    """Every call of this name in the code of the server and of the commands."""
    return [
        node
        for package in (server.__file__, cli.__file__)
        for path in Path(package).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
    ]


def documented(heading: str) -> set[str]:
    """The names in the first column of the section's table."""
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    section = page.partition(heading)[2].partition("\n## ")[0]
    rows = re.findall(r"^\|([^|]*`[^|]*)\|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
