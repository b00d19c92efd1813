"""A server's counters and gauges, as Prometheus text (format 0.0.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Metric

__all__ = ["Metrics", "NoMetrics"]

_COUNTERS: Final = {
    "messages": ("Learners' messages committed.", ()),
    "replies": ("Answers committed, by status.", ("status",)),
    "refused": ("Messages refused, by code.", ("code",)),
    "opened": ("Connections welcomed.", ()),
    "closed": ("Connections ended, by code and side.", ("code", "side")),
    "rejected": ("Handshakes answered with an error, by HTTP status.", ("status",)),
    "frames": ("Frames sent to clients.", ()),
    "commits": ("Commits of the store.", ()),
    "writes": ("Writes in those commits.", ()),
}
_BOUNDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics:
    """One server's numbers, in a registry of their own. Safe to call from any thread."""

    def __init__(self) -> None:
        # Imported here: a kernel, whose server has `NoMetrics`, does not pay for it.
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._registry = CollectorRegistry()
        self._counters = {
            name: Counter(f"tutor_{name}", text, labels, registry=self._registry)
            for name, (text, labels) in _COUNTERS.items()
        }
        self._seconds = Histogram(
            "tutor_commit_seconds",
            "How long a commit of the store took.",
            registry=self._registry,
            buckets=_BOUNDS,
        )

    def count(self, counter: str, by: float = 1, **labels: str) -> None:
        """Add to a counter; names and labels are those of `_COUNTERS`."""
        found = self._counters[counter]
        (found.labels(**labels) if labels else found).inc(by)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what ``read`` returns at the time of asking."""
        from prometheus_client import Gauge

        Gauge(f"tutor_{name}", text, registry=self._registry).set_function(read)

    def committed(self, seconds: float, writes: int) -> None:
        """One commit of the store took so long and held so many writes."""
        self.count("commits")
        self.count("writes", writes)
        self._seconds.observe(seconds)

    def render(self) -> str:
        """The whole as text; empty if nothing is measured."""
        from prometheus_client import generate_latest

        return generate_latest(self).decode()

    def collect(self) -> Iterator[Metric]:
        """For `generate_latest`: all but the times at which the series began.

        The library's own switch for those is the process's, and so not ours to turn.
        """
        for metric in self._registry.collect():
            metric.samples = [one for one in metric.samples if not one.name.endswith("_created")]
            yield metric


class NoMetrics(Metrics):
    """Measures nothing: for a server that nobody watches, such as one inside a kernel."""

    def __init__(self) -> None:
        pass

    def count(self, counter: str, by: float = 1, **labels: str) -> None:
        pass

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        pass

    def committed(self, seconds: float, writes: int) -> None:
        pass

    def render(self) -> str:
        return ""
