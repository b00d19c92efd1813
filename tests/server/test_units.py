"""The server's small parts: admission, dialogue order, metrics, logs."""

from __future__ import annotations

import json
import logging
import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.paths import ROOT
from tutor_widget.network import is_loopback
from tutor_widget.server.logs import JsonLines, tag_of, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.net.admission import MOST_BEHIND, Gate
from tutor_widget.server.sessions.history import as_dialogue
from tutor_widget.server.sessions.rate import Bucket
from tutor_widget.wire import Event


def test_a_bucket_holds_a_minutes_worth() -> None:
    """Thirty at once, then one every two seconds."""
    bucket = Bucket(30, now=100)
    assert all(bucket.take(100) for _ in range(30))
    assert not bucket.take(100)
    assert bucket.wait(100) == pytest.approx(2)
    assert not bucket.take(101.9)
    assert bucket.take(102)
    bucket.give_back()
    assert bucket.take(102)


@given(
    rate=st.floats(0.5, 1000),
    steps=st.lists(st.floats(0, 100), max_size=50),
)
def test_who_waits_as_told_is_let_in(rate: float, steps: list[float]) -> None:
    """Whatever happened before, `wait` is enough."""
    now = 0.0
    bucket = Bucket(rate, now)
    for step in steps:
        now += step
        if not bucket.take(now):
            now += bucket.wait(now)
            assert bucket.take(now)


def test_no_rate_is_no_limit() -> None:
    """0 switches it off."""
    bucket = Bucket(0, now=0)
    assert all(bucket.take(0) for _ in range(10_000))
    assert bucket.wait(0) == 0


def test_a_gate_lets_only_the_awaited_message_through() -> None:
    """And that one not too early; the others not even when the time has come."""
    gate = Gate()
    assert gate.wait("m1", 0) == 0
    gate.shut("m1", until=5)
    assert gate.wait("m1", 1) == 4
    assert gate.wait("m2", 1) == 4
    assert gate.wait("m1", 5) == 0
    assert gate.wait("m2", 9) > 0
    gate.passed("m2")
    assert gate.wait("m2", 9) > 0
    gate.passed("m1")
    assert gate.wait("m2", 9) == 0


def test_what_was_refused_is_not_overtaken_when_the_first_came_elsewhere() -> None:
    """What was sent before its sender heard of the refusals waits for all that was refused."""
    gate = Gate()
    gate.shut("m1", until=5)
    assert gate.wait("m2", 1) > 0
    assert gate.wait("m3", 1) > 0
    gate.passed("m1")  # another connection brought it
    assert gate.wait("m4", 2) > 0
    gate.passed("m2")
    assert gate.wait("m4", 6) > 0
    assert gate.wait("m3", 6) == 0
    gate.open()
    assert gate.wait("m4", 6) == 0


def event(seq: int, event_id: str, re: str | None = None) -> Event:
    role = "tutor" if re or event_id.startswith("_") else "learner"
    return Event(seq, event_id, role, "", 0, "complete", re)  # type: ignore[arg-type]


def test_a_dialogue_has_each_answer_behind_its_question() -> None:
    """Whatever was typed meanwhile, and without what comes after the present message."""
    log = [
        event(1, "_greeting"),
        event(2, "m1"),
        event(3, "m2"),
        event(4, "_a1", "m1"),
        event(5, "m3"),
        event(6, "_a2", "m2"),
        event(7, "m4"),
    ]
    assert [one.id for one in as_dialogue(log, before=5)] == ["_greeting", "m1", "_a1", "m2", "_a2"]
    # The question of the first answer lies before what was read.
    assert [one.id for one in as_dialogue(log[3:], before=5)] == ["_a1"]


def test_metrics_are_what_they_were() -> None:
    """Every name, type, help, label, bucket and number, as version 0.1 wrote them."""
    metrics = Metrics()
    for name, by, labels in (
        ("messages", 3, {}),
        ("replies", 2, {"status": "complete"}),
        ("replies", 1, {"status": "failed"}),
        ("refused", 1, {"code": "rate"}),
        ("opened", 1, {}),
        ("closed", 1, {"code": "1000", "side": "client"}),
        ("closed", 1, {"code": "1012", "side": "server"}),
        ("rejected", 1, {"status": "401"}),
        ("frames", 12, {}),
    ):
        metrics.count(name, by, **labels)
    for seconds, writes in ((0.0005, 1), (0.001, 2), (0.002, 7), (0.5, 1), (100, 1)):
        metrics.committed(seconds, writes)
    metrics.gauge("connections", "Connections open.", lambda: 2)
    metrics.gauge("stalled_seconds", "Wait of the oldest write.", lambda: 0.25)
    before = (ROOT / "tests" / "golden" / "metrics.txt").read_text()
    now = metrics.render()
    assert _head(now) == _head(before)
    assert _numbers(now) == pytest.approx(_numbers(before), rel=1e-5)


def _head(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def _numbers(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _, number in (line.rpartition(" ") for line in lines)}


def test_two_servers_of_a_process_count_for_themselves() -> None:
    """Nothing of the one, or of the process, is in the other's text."""
    one, other = Metrics(), Metrics()
    one.count("messages")
    for metrics, count in ((one, 1.0), (other, 0.0)):
        numbers = _numbers(metrics.render())
        assert numbers["tutor_messages_total"] == count
        assert all(name.startswith("tutor_") for name in numbers)


def test_a_log_line_is_json_and_quotes_nobody() -> None:
    """An exception appears by type and place; its text, which may quote a learner, does not."""
    try:
        raise ValueError("what the learner wrote")
    except ValueError as error:
        facts = where(error)
    assert facts["error"] == "ValueError"
    assert facts["at"].startswith("test_units.py:")
    assert "learner" not in str(facts)
    record = logging.LogRecord("x", logging.INFO, "", 0, "tutor failed", (), None)
    record.fields = facts
    line = json.loads(JsonLines().format(record))
    assert (line["event"], line["level"], line["error"]) == ("tutor failed", "info", "ValueError")
    assert "algebra" not in tag_of("ada", "algebra")
    assert tag_of("ada", "x") != tag_of("ad", "ax")


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("LocalHost", True),
        ("tutor.localhost", True),
        ("localhost.example.edu", False),
        ("notlocalhost", False),
        ("0.0.0.0", False),
        ("", False),
        ("::", False),
        ("192.168.1.1", False),
        ("hub.example.edu", False),
    ],
)
def test_loopback(host: str, private: bool) -> None:
    """What only this machine reaches; in doubt it is public."""
    assert is_loopback(host) is private


def test_a_bucket_gathers_no_more_than_a_minutes_worth() -> None:
    """However long nobody came; and the slowest still lets one in at once."""
    bucket = Bucket(2, now=0)
    assert [bucket.take(10_000) for _ in range(3)] == [True, True, False]
    slow = Bucket(0.5, now=0)
    assert [slow.take(0), slow.take(0)] == [True, False]
    assert slow.wait(0) == pytest.approx(120)
    assert slow.wait(60) == pytest.approx(60)


def test_a_gate_forgets_what_was_settled_elsewhere() -> None:
    """It waits neither for a message that was settled behind it nor for those of an earlier row."""
    gate = Gate()
    gate.shut("m1", until=5)
    assert gate.wait("m2", 1) > 0
    gate.passed("m2")
    gate.passed("m1")
    assert gate.wait("m3", 2) == 0
    gate.shut("m4", until=9)
    assert gate.wait("m5", 3) > 0
    gate.open()
    gate.shut("m6", until=12)
    gate.passed("m6")
    assert gate.wait("m7", 10) == 0


def test_a_gate_remembers_a_bounded_number_of_messages() -> None:
    """A client that sends ever new ones behind a refusal costs no more memory."""
    gate = Gate()
    gate.shut("first", until=5)
    assert all(gate.wait(f"m{n}", 1) > 0 for n in range(MOST_BEHIND + 100))
    for n in range(-1, MOST_BEHIND):
        gate.passed(f"m{n}" if n >= 0 else "first")
    assert gate.id is None


def test_the_same_name_in_another_account_has_another_tag() -> None:
    """Lines about two learners' sessions of one name do not mix."""
    assert tag_of("ada", "algebra") != tag_of("alan", "algebra")


def test_a_log_line_has_its_own_level_time_and_facts() -> None:
    """In UTC, and what is no JSON as its text: a line is never lost for what it holds."""
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
    """Its time ends with Z, and means it."""
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
