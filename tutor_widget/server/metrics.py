"""Counters and gauges of one server, as Prometheus text (format 0.0.4)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Histogram, Metric

__all__ = ["Metrics", "NoMetrics"]

_COUNTERS: Final = {
    "messages": ("Learners' messages committed.", ()),
    "replies": ("Answers committed, by status.", ("status",)),
    "refused": ("Messages refused, by code.", ("code",)),
    "reports": ("Reports of answers kept.", ()),
    "guard": ("Answers of a model that the guard has ended, by what it found.", ("kind",)),
    "tokens": ("Tokens that answers have used, by kind.", ("kind",)),
    "model_failures": ("Questions that a model has not answered, by kind.", ("kind",)),
    "erasures": ("Conversations that their learners deleted.", ()),
    "expired": ("Conversations deleted because nobody used them for --keep-days.", ()),
    "opened": ("Connections welcomed.", ()),
    "closed": ("Connections ended, by code and side.", ("code", "side")),
    "rejected": ("Handshakes answered with an error, by HTTP status.", ("status",)),
    "token_checks": ("Checks of tokens of a hub or an issuer, by outcome.", ("outcome",)),
    "frames": ("Frames sent to clients.", ()),
    "relayed": ("Frames of replies told to other nodes, where somebody listens.", ()),
    "commits": ("Commits of the store.", ()),
    "writes": ("Writes in those commits.", ()),
}
_HISTOGRAMS: Final = {
    "commit_seconds": (
        "How long a commit of the store took.",
        (),
        (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    ),
    "reply_seconds": (
        "How long the tutor took to the first piece of an answer, and for the whole, by status.",
        ("part", "status"),
        (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    ),
}
"""Texts, labels, and the upper bounds of the buckets in seconds."""


class Metrics:
    """The metrics of one server, in a registry of its own. Methods may be called on any thread.

    The counters are plain numbers until they are rendered: a message counts six times, and a
    counter of the library takes several times as long.
    """

    def __init__(self) -> None:
        # Imported here, because a kernel, whose server has `NoMetrics`, never needs it.
        from prometheus_client import CollectorRegistry, Histogram

        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, ...], float] = {
            (name,): 0.0 for name, (_, labels) in _COUNTERS.items() if not labels
        }
        """By the counter's name and the values of its labels."""
        self._histograms = {
            name: Histogram(f"tutor_{name}", text, labels, registry=self._registry, buckets=bounds)
            for name, (text, labels, bounds) in _HISTOGRAMS.items()
        }
        self._observed: dict[tuple[str, ...], Histogram] = {}
        """Its series, by the histogram's name and the values of its labels."""

    def count(self, counter: str, by: float = 1, **labels: str) -> None:
        """Add to a counter; names and labels are those of `_COUNTERS`."""
        names = _COUNTERS[counter][1]
        series = (counter, *[labels[name] for name in names]) if names else (counter,)
        with self._lock:
            self._counts[series] = self._counts.get(series, 0.0) + by

    def observe(self, histogram: str, seconds: float, **labels: str) -> None:
        """Count a duration; names and labels are those of `_HISTOGRAMS`."""
        series = (histogram, *labels.values())
        if (found := self._observed.get(series)) is None:
            whole = self._histograms[histogram]
            found = self._observed[series] = whole.labels(**labels) if labels else whole
        found.observe(seconds)

    def gauge(self, name: str, text: str, read: Callable[[], float], **labels: str) -> None:
        """Add a gauge. ``read`` is called whenever the metrics are rendered."""
        from prometheus_client import Gauge

        gauge = Gauge(f"tutor_{name}", text, [*labels], registry=self._registry)
        (gauge.labels(**labels) if labels else gauge).set_function(read)

    def committed(self, seconds: float, writes: int) -> None:
        """Count one commit of the store, its duration in seconds and its writes."""
        self.count("commits")
        self.count("writes", writes)
        self.observe("commit_seconds", seconds)

    def render(self) -> str:
        """All metrics as text; empty if nothing is measured."""
        from prometheus_client import generate_latest

        return generate_latest(self).decode()

    def collect(self) -> Iterator[Metric]:
        """For `generate_latest`: all metrics without the times at which the series began.

        The library can leave those out itself, but only for the whole process.
        """
        yield from self._collect_counters()
        for metric in self._registry.collect():
            metric.samples = [one for one in metric.samples if not one.name.endswith("_created")]
            yield metric

    def _collect_counters(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily

        with self._lock:
            counts = list(self._counts.items())
        for name, (text, labels) in _COUNTERS.items():
            family = CounterMetricFamily(f"tutor_{name}", text, labels=labels)
            for (counter, *values), number in counts:
                if counter == name:
                    family.add_metric(values, number)
            yield family


class NoMetrics(Metrics):
    """Measures nothing: for a server in a kernel, which no monitoring reads."""

    def __init__(self) -> None:
        pass

    def count(self, counter: str, by: float = 1, **labels: str) -> None:
        pass

    def observe(self, histogram: str, seconds: float, **labels: str) -> None:
        pass

    def gauge(self, name: str, text: str, read: Callable[[], float], **labels: str) -> None:
        pass

    def committed(self, seconds: float, writes: int) -> None:
        pass

    def render(self) -> str:
        return ""
