"""What the parser is given of a stream: the data, and only so much."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor_widget.server.tutors.model.endpoint.bounds import (
    LONGEST_BODY,
    LONGEST_EVENT,
    DataLines,
    TooMuch,
)

LINES = st.sampled_from(
    [
        b"data: {}",
        b"data:1",
        b"data",
        b"data: ",
        b": comment",
        b"retry: 1",
        b"event: ping",
        b"",
        b"x",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def through(pieces: list[bytes], lines: DataLines | None = None) -> bytes:
    """What comes out for pieces that came so cut."""
    lines = lines or DataLines()
    return b"".join(map(lines.take, pieces))


def test_only_data_and_the_ends_of_events_get_through() -> None:
    """Comments, other fields and blank data are no events; the parser would fail at some."""
    stream = b": hi\nretry: 100\n\nevent: ping\ndata:\n\n"
    stream += b"id: 1\ndata: {}\r\n\r\nevent: x\ndata: 1\rdata: 2\r\r"
    assert through([stream]) == b"data: {}\n\ndata: 1\ndata: 2\n\n"


def test_a_line_waits_for_its_end() -> None:
    """What has no end is no part of an event."""
    assert through([b"data: 1", b"2\n", b"\n", b"data: 3"]) == b"data: 12\n\n"


@given(st.lists(st.tuples(LINES, ENDS), max_size=12), st.data())
def test_it_does_not_matter_how_a_stream_is_cut(
    lines: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    """Also between the two bytes that end a line."""
    stream = b"".join(line + end for line, end in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert through(pieces) == through([stream])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 7, 4096])
def test_an_event_is_bounded_over_its_lines(end: bytes, size: int) -> None:
    """However it is cut: nothing but an empty line begins a new event."""
    stream = (b"data: [[" + end) * 20
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    with pytest.raises(TooMuch):
        through(pieces, DataLines(event=100))


def test_a_line_is_bounded_whatever_it_is() -> None:
    """A comment, too, and before it has an end."""
    for line in (b"data: ", b": "):
        with pytest.raises(TooMuch):
            through([line, *[b"x" * 4096] * (LONGEST_EVENT // 4096)])


def test_an_answer_is_bounded_with_its_comments() -> None:
    """Events and comments of any number: 8 MiB in all."""
    lines = DataLines()
    piece = b": comment that is long\n\n" * 4096
    for _ in range(LONGEST_BODY // len(piece)):
        lines.take(piece)
    with pytest.raises(TooMuch):
        lines.take(piece)


def test_many_events_within_the_bounds_get_through() -> None:
    """An event's end begins the count anew."""
    lines = DataLines(event=20)
    assert len(through([b"data: 0123456789\n\n"] * 1000, lines)) == 18_000


def test_the_time_grows_with_the_length() -> None:
    """A line of 1 MiB in pieces of 64 bytes costs eight times one of 128 KiB, not 64 times."""

    def cost(length: int) -> float:
        pieces = [b"x" * 64] * (length // 64 - 1)
        least = float("inf")
        for _ in range(5):
            start = time.thread_time()
            through([b"data: ", *pieces])
            least = min(least, time.thread_time() - start)
        return least

    assert cost(LONGEST_EVENT) < 24 * cost(LONGEST_EVENT // 8) + 0.01
