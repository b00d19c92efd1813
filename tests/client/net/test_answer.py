"""The shapes in which servers answer the handshake."""

from __future__ import annotations

import pytest

from tutor_widget.client.net.answer import LONGEST, Answer

ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: tutor.v1\r\n\r\n"
)
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
LONG = b"X-Policy: " + b"x" * 20_000 + b"\r\n"


def read(data: bytes, size: int) -> tuple[Answer, bytes]:
    """What becomes of the answer, if it arrives in pieces of this size."""
    answer = Answer()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return answer, b"".join(map(answer.feed, pieces))


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", 503),
        (b"HTTP/1.0 503 Service Unavailable\r\n\r\n", 503),
        (b"HTTP/1.1 503\r\n\r\n", 503),
        (b"HTTP/1.1  503  Busy\r\n\r\n", 503),
        (b"HTTP/2 503\r\n\r\n", 503),
        (b"HTTP/1.1 503 Busy\n\n", 503),
        (b"HTTP/1.1 503 B\xfcsy \x00\r\n\r\n", 503),
        (b"HTTP/1.1 599 \r\n\r\n", 599),
        (b"HTTP/1.1 999 Denied\r\n\r\n", 999),
        (b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 503),
        (b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 503),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: many\r\n\r\n", 503),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 503),
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000, 503),
        (b"HTTP/1.1 503 Busy\r\n" + LONG + b"\r\n", 503),
        (b"HTTP/1.1 503 Busy\r\n" + b"X-A: b\r\n" * 500 + b"\r\n", 503),
        (b"HTTP/1.1 503 Busy\r\nno header\r\n: x\r\n folded\r\n\r\n", 503),
        (EARLY + b"HTTP/1.1 503 Busy\r\n\r\n", 503),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY + b"HTTP/1.0 429 Slow\r\n\r\n", 429),
    ],
)
def test_the_status_is_known_in_every_shape(data: bytes, status: int, size: int) -> None:
    """As soon as the head is complete; the library sees a short answer, and no body."""
    answer, passed = read(data, size)
    assert (answer.status, answer.refusal) == (status, status)
    assert passed == b"HTTP/1.1 %d \r\nContent-Length: 0\r\n\r\n" % status


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    "head", [ACCEPTED, EARLY + ACCEPTED, ACCEPTED.replace(b"Upgrade:", LONG + b"Upgrade:")]
)
def test_a_handshake_that_succeeds_passes(head: bytes, size: int) -> None:
    """Without what the library would stumble over; the frames behind it are untouched."""
    frames = b"\x81\x02{}\r\n\r\nHTTP/1.1 503 no\r\n\r\n"
    answer, passed = read(head + frames, size)
    assert answer.refusal is None
    assert passed == ACCEPTED.replace(b"Switching Protocols", b"") + frames


@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"220 mail.example.org ESMTP\r\n",
        b"<html>",
        b"HTTP\r\n",
        b"HTTP/1.1 OK nothing more of it",
        b"HTTP/1.1 50\r\n",
        b"HTTP/1.1 5034 \r\n",
        b"J\x00\x00\x00\x0a8.0.33",
    ],
)
def test_what_is_no_http_is_known_at_once(data: bytes, size: int) -> None:
    """A server that waits for more would be waited for."""
    answer, passed = read(data, size)
    assert answer.status is None
    assert passed == b"no HTTP\r\n"
    assert not answer.is_tls


@pytest.mark.parametrize("data", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x16\x03\x03\x00\x40"])
def test_tls_is_known(data: bytes) -> None:
    """An alert, or the beginning of a handshake."""
    answer, passed = read(data, 1 << 20)
    assert answer.is_tls
    assert passed == b"no HTTP\r\n"


def test_a_head_that_does_not_end_has_its_status() -> None:
    """The connection is lost, or too much of it came."""
    answer, passed = read(b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nX: ", 5)
    assert (answer.refusal, answer.header("Retry-After"), passed) == (503, "9", b"")
    assert answer.feed(b"x" * LONGEST) == b"HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n"
    assert answer.feed(b"x" * 10) == b""


@pytest.mark.parametrize("head", [ACCEPTED[:-2] + b"X: ", EARLY, EARLY[:20]])
def test_an_answer_that_promises_another_one_for_ever_is_none(head: bytes) -> None:
    """There is a bound to what is read."""
    answer, passed = read(head + (head if head == EARLY else b"x") * LONGEST, 1 << 16)
    assert answer.refusal is None
    assert passed == b"no HTTP\r\n"


def test_a_header_is_found_by_its_name() -> None:
    """The first of that name, in whatever case; a longer name is another header."""
    head = b"HTTP/1.1 503 Busy\r\nX-Date: 1\r\nDATE:  two \r\nDate: 3\r\nLocation:\r\n\r\n"
    answer, _ = read(head, 1 << 20)
    assert answer.header("Date") == "two"
    assert answer.header("Location") == ""
    assert answer.header("Retry-After") is None
