"""When a request is tried again: a pure decision."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.model.endpoint.failure import Fault
from tutor_widget.server.tutors.model.endpoint.retry import (
    MOST_TRIES,
    asked_wait,
    wait_before_next,
)

BUSY = Fault("busy", "HTTP status 429", again=True)
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def test_waits_grow_and_have_jitter() -> None:
    """Uniform in half a second, one second, two seconds; then there is no other try."""
    assert [wait_before_next(BUSY, tries, 100, 1.0) for tries in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert [wait_before_next(BUSY, tries, 100, 0.0) for tries in (1, 2, 3)] == [0.0, 0.0, 0.0]
    assert wait_before_next(BUSY, 2, 100, 0.25) == 0.25
    assert wait_before_next(BUSY, MOST_TRIES, 100, 0.0) is None


@pytest.mark.parametrize(("asked", "wait"), [(0.0, 0.0), (1.5, 1.5), (30.0, 30.0), (900.0, 30.0)])
def test_what_the_endpoint_asks_for_is_kept(asked: float, wait: float) -> None:
    """Up to 30 s; the jitter is added, so that not all come back at once."""
    fault = Fault("busy", "HTTP status 429", again=True, after=asked)
    assert wait_before_next(fault, 1, 100, 0.0) == wait
    assert wait_before_next(fault, 1, 100, 0.5) == wait + 0.25


def test_nobody_waits_for_a_try_that_comes_too_late() -> None:
    """A wait that is longer than what is left of the total is no wait."""
    fault = Fault("busy", "HTTP status 429", again=True, after=20)
    assert wait_before_next(fault, 1, 20.5, 0.0) == 20
    assert wait_before_next(fault, 1, 19.5, 0.0) is None


def test_what_cannot_be_healed_is_not_tried_again() -> None:
    """A wrong key stays wrong."""
    assert wait_before_next(Fault("set_up", "HTTP status 401"), 1, 100, 0.0) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-7", 0.0),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("", None),
        ("soon", None),
        ("9" * 5000, None),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sun, 06 Nov 1994 08:49:27 GMT", 0.0),
        ("Sun, 99 Nov 1994 08:49:27 GMT", None),
    ],
)
def test_retry_after_is_read(header: str, seconds: float | None) -> None:
    """Seconds, or a date, which is compared with the response's own."""
    assert asked_wait({"retry-after": header, "date": DATE}) == seconds


@pytest.mark.parametrize("headers", [{}, {"retry-after": DATE}, {"retry-after": DATE, "date": "x"}])
def test_a_date_alone_asks_for_nothing(headers: dict[str, str]) -> None:
    """No clock is trusted but the endpoint's own."""
    assert asked_wait(headers) is None
