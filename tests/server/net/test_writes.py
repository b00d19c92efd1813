"""How frames are framed, and when they are written."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from tutor_widget.server.net.outbound import Turns
from tutor_widget.server.net.socket import framed

SIZES = [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 1 << 20]


@pytest.mark.parametrize("size", SIZES)
def test_a_text_is_one_frame_that_a_client_reads(size: int) -> None:
    """It is whole, not masked, and the frame behind it is read as well."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    client.receive_data(framed(b"x" * size) + framed("ü".encode()))
    first, second = client.events_received()
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert (first.opcode, first.fin, bytes(first.data)) == (Opcode.TEXT, True, b"x" * size)
    assert bytes(second.data).decode() == "ü"


@pytest.mark.parametrize("size", SIZES)
def test_a_text_is_framed_as_the_library_frames_it(size: int) -> None:
    """With the shortest length that RFC 6455 §5.2 has for it."""
    assert framed(b"x" * size) == Frame(Opcode.TEXT, b"x" * size).serialize(mask=False)


async def turn() -> None:
    await asyncio.sleep(0)


async def test_what_is_asked_for_in_a_turn_is_done_when_the_next_is_over() -> None:
    """What the next turn adds has a turn more; afterwards nothing runs."""
    turns, done = Turns(), []
    turns.after_next(lambda: done.append("a"))
    turns.after_next(lambda: done.append("b"))
    await turn()
    assert done == []
    turns.after_next(lambda: done.append("c"))
    await turn()
    assert done == ["a", "b"]
    await turn()
    assert done == ["a", "b", "c"]
    turns.after_next(lambda: done.append("d"))
    await turn()
    await turn()
    assert done == ["a", "b", "c", "d"]


async def test_a_write_that_fails_keeps_no_other_from_its_turn() -> None:
    """The loop's handler is told of it, as of any fault of a callback."""
    turns, done = Turns(), []
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    def fail() -> None:
        raise RuntimeError

    for write in (fail, lambda: done.append("a"), fail, lambda: done.append("b")):
        turns.after_next(write)
    await turn()
    await turn()
    assert done == ["a", "b"]
    assert [type(context["exception"]) for context in told] == [RuntimeError] * 2
