"""Counters and gauges: names, texts and numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.servers.peers import Script, peer, serving
from tutor_widget.server import Server, SQLiteStore
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.tutors.model import OpenAITutor


def test_metrics_are_what_they_were() -> None:
    """Every name, type, help, label, bucket and number is as it was; there may be others."""
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
    for part, seconds in (("first", 0.2), ("whole", 2.0)):
        metrics.observe("reply_seconds", seconds, part=part, status="complete")
    metrics.count("tokens", 1200, kind="prompt")
    metrics.gauge("build_info", "The version of this server.", lambda: 1, version="0.2.0")
    metrics.gauge("connections", "Connections open.", lambda: 2)
    metrics.gauge("stalled_seconds", "Wait of the oldest write.", lambda: 0.25)
    before = (ROOT / "tests" / "golden" / "metrics.txt").read_text()
    now = metrics.render()
    assert [line for line in _head(now) if line in _head(before)] == _head(before)
    known = {name: number for name, number in _numbers(now).items() if name in _numbers(before)}
    assert known == pytest.approx(_numbers(before), rel=1e-5)


async def test_each_answer_is_measured(tmp_path: Path) -> None:
    """To its first piece, if it has one, and to its end, by status; and the tokens that it used."""
    script, numbers = Script(), dict[str, float]()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        for message, words in (("m1", ["hi", None]), ("m2", [ValueError(), None]), ("m3", [None])):
            await client.say("send", id=message, text="hi")
            turn = await script.turns.get()
            turn.prompt_tokens, turn.completion_tokens = 20, 3
            for word in words[: 1 if message == "m2" else None]:
                script.words.put_nowait(word)
            await client.answer(message)
        numbers = _numbers(server.metrics.render())
    count = "tutor_reply_seconds_count"
    assert {name: n for name, n in numbers.items() if name.startswith(count)} == {
        count + '{part="first",status="complete"}': 1,
        count + '{part="whole",status="complete"}': 2,
        count + '{part="whole",status="failed"}': 1,
    }
    assert numbers['tutor_tokens_total{kind="prompt"}'] == 60
    assert numbers['tutor_tokens_total{kind="completion"}'] == 9


async def test_every_metric_is_documented(tmp_path: Path) -> None:
    """The table of docs/operating.md has those of a server with a model, and no other."""
    metrics = Metrics()
    store = await SQLiteStore.open_file(tmp_path / "db")
    Server(store, OpenAITutor(metrics=metrics), metrics=metrics)
    await store.close()
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    section = page.partition("### Metrics\n")[2].partition("\n#")[0]
    documented = re.findall(r"^\| `(\w+)(?:\{[\w,]+\})?` \|", section, re.MULTILINE)
    named = re.findall(r"^# TYPE (\w+)", metrics.render(), re.MULTILINE)
    assert sorted(documented) == sorted(named)


def test_the_build_is_a_metric() -> None:
    """A gauge that is always 1, with the version."""
    metrics = Metrics()
    metrics.gauge("build_info", "The version.", lambda: 1, version="1.2", node="a")
    assert _numbers(metrics.render())['tutor_build_info{node="a",version="1.2"}'] == 1


def _head(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def _numbers(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _, number in (line.rpartition(" ") for line in lines)}


def test_two_servers_of_a_process_count_for_themselves() -> None:
    """Neither text has a number of the other server or of the process."""
    one, other = Metrics(), Metrics()
    one.count("messages")
    for metrics, count in ((one, 1.0), (other, 0.0)):
        numbers = _numbers(metrics.render())
        assert numbers["tutor_messages_total"] == count
        assert all(name.startswith("tutor_") for name in numbers)
