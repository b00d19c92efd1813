"""Counters and gauges: names, texts and numbers."""

from __future__ import annotations

import pytest

from tests.support.paths import ROOT
from tutor_widget.server.metrics import Metrics


def test_metrics_are_what_they_were() -> None:
    """Every name, type, help, label, bucket and number of 0.1 is as it was; there are others."""
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
    assert [line for line in _head(now) if line in _head(before)] == _head(before)
    known = {name: number for name, number in _numbers(now).items() if name in _numbers(before)}
    assert known == pytest.approx(_numbers(before), rel=1e-5)


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
