"""Counters and gauges in Prometheus' text format (version 0.0.4)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Final

__all__ = ["Metrics"]

_COUNTERS: Final = {
    "messages": "Learners' messages committed.",
    "replies": "Answers committed, by status.",
    "refused": "Messages refused, by code.",
    "opened": "Connections welcomed.",
    "closed": "Connections ended, by code and side.",
    "rejected": "Handshakes answered with an error, by HTTP status.",
    "frames": "Frames sent to clients.",
    "commits": "Commits of the store.",
    "writes": "Writes in those commits.",
}
_BOUNDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """One server's numbers. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[str, float]] = {name: defaultdict(float) for name in _COUNTERS}
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._buckets = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0

    def count(self, counter: str, by: float = 1, **labels: str) -> None:
        """Add to a counter; its names are those of `_COUNTERS`."""
        key = ",".join(f'{name}="{value}"' for name, value in labels.items())
        with self._lock:
            self._counts[counter][key] += by

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what ``read`` returns at the time of asking."""
        self._gauges[name] = (text, read)

    def committed(self, seconds: float, writes: int) -> None:
        """One commit of the store took so long and held so many writes."""
        self.count("commits")
        self.count("writes", writes)
        with self._lock:
            self._seconds += seconds
            place = sum(seconds > bound for bound in _BOUNDS)
            self._buckets[place] += 1

    def render(self) -> str:
        """The whole as text."""
        lines: list[str] = []
        with self._lock:
            for name, text in _COUNTERS.items():
                lines += _head(f"tutor_{name}_total", "counter", text)
                for labels, value in sorted(self._counts[name].items()) or [("", 0)]:
                    braces = f"{{{labels}}}" if labels else ""
                    lines.append(f"tutor_{name}_total{braces} {value:g}")
            lines += self._histogram()
        for name, (text, read) in self._gauges.items():
            lines += _head(f"tutor_{name}", "gauge", text)
            lines.append(f"tutor_{name} {read():g}")
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        name, below = "tutor_commit_seconds", 0
        lines = _head(name, "histogram", "How long a commit of the store took.")
        for bound, count in zip((*_BOUNDS, "+Inf"), self._buckets, strict=True):
            below += count
            lines.append(f'{name}_bucket{{le="{bound}"}} {below}')
        return [*lines, f"{name}_sum {self._seconds:g}", f"{name}_count {below}"]


def _head(name: str, kind: str, text: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
