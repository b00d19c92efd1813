"""Hostile text: what is no frame, or unfolds to too much, is refused at a bounded cost."""

from __future__ import annotations

import sys
import tracemalloc

import pytest

from tests.support.decoding import DECODE, protocol_fault
from tutor_widget import wire
from tutor_widget.errors import ProtocolError
from tutor_widget.wire import guard


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "3",
        '"stop"',
        "[]",
        '[{"type":"stop","re":"m1"}]',
        "{",
        '{"type":"stop","re":"m1"',
        '{"type":"stop","re":"m1"}}',
        '{"type":"stop","re":"m1"} {}',
        "{'type':'stop'}",
        '\ufeff{"type":"stop","re":"m1"}',
        '{"type":"older","before":NaN,"limit":1}',
        '{"type":"older","before":Infinity,"limit":1}',
        b"\xff\xfe",
        b'{"type":"stop","re":"m\xff"}',
        b'{"type":"stop","re":"m\xed\xa0\x80"}',
        '{"type":"stop","re":"m1"}'.encode("utf-16"),
        '{"type":"stop","re":"m1"}'.encode("utf-32"),
    ],
)
@pytest.mark.parametrize("side", DECODE)
def test_text_that_is_no_json_object_is_a_protocol_error(side: str, text: str | bytes) -> None:
    """Broken JSON, another encoding or another kind of value blames the frame as a whole."""
    with pytest.raises(ProtocolError) as caught:
        DECODE[side](text)
    assert caught.value.key == ""


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"type":"send","id":"m1","text":"","later":['])
def test_bottomless_nesting_is_a_protocol_error(opening: str) -> None:
    """A frame nested deeper than Python recurses is refused and crashes nothing."""
    with pytest.raises(ProtocolError):
        wire.decode_client(opening * 100_000)


@pytest.mark.parametrize("depth", range(sys.getrecursionlimit() // 4, 2000, 150))
@pytest.mark.parametrize("core", ["1", '"\\ud800"'])
def test_deep_context_is_judged_without_recursion(depth: int, core: str) -> None:
    """Whatever depth the decoder lets pass can be judged, with and without a lone surrogate."""
    context = f'{{"a":{"[" * depth}{core}{"]" * depth}}}'
    text = f'{{"type":"send","id":"m1","text":"","context":{context}}}'
    if fault := protocol_fault("client", text):
        assert fault == "nested too deeply"
        return
    frame = wire.decode_client(text)
    assert isinstance(frame, wire.Send)
    assert (wire.context_fault(frame.context) is None) == (core == "1")


@pytest.mark.parametrize("number", ["1e999", "1e400", "9007199254740992"])
@pytest.mark.parametrize("more", ["", ',"later":"\\ud800"'])
def test_no_duration_is_infinite(number: str, more: str) -> None:
    """A number too large for a clock is ill-typed, also on the path that looks for surrogates."""
    with pytest.raises(ProtocolError) as caught:
        wire.decode_server(f'{{"type":"bye","reason":"","retry_after":{number},"spread":0{more}}}')
    assert caught.value.key == "retry_after"


def test_a_number_of_thousands_of_digits_is_a_fault_only_where_somebody_reads_it() -> None:
    """In a known frame it is a protocol error; a frame of unknown type is ignored as it is."""
    text = '{"type":"older","before":1' + "0" * 5000 + ',"limit":1}'
    with pytest.raises(ProtocolError):
        wire.decode_client(text)
    assert wire.decode_server(text) is None


def test_a_lone_surrogate_in_an_unknown_key_is_ignored() -> None:
    """What is not looked at cannot be wrong."""
    assert wire.decode_client('{"type":"stop","re":"m1","later":"\\ud800"}') == wire.Stop(re="m1")


def test_what_a_frame_unfolds_to_is_bounded() -> None:
    """Many small values are refused; as many commas and braces in what somebody wrote are not."""
    many = '{"type":"state","rev":1,"state":{"a":[' + "{}," * guard.MAX_VALUES + "0]}}"
    with pytest.raises(ProtocolError, match="too many values"):
        wire.decode_server(many)
    text = ',[{"\\' * (wire.MAX_REPLY // 5)
    event = wire.Event(1, "_t1", "tutor", text, 0, "complete")
    for coded in (wire.encode(event), wire.encode(event).encode()):
        assert wire.decode_server(coded) == event
    unknown = '{"type":"new","text":"' + "x" * wire.MAX_CLIENT_FRAME + '"}'
    assert wire.decode_server(unknown) is None
    with pytest.raises(ProtocolError, match="not a JSON object"):
        wire.decode_server(unknown[:-1])
    with pytest.raises(ProtocolError, match="too large to say"):
        wire.decode_server(unknown.replace("new", "state"))


@pytest.mark.parametrize(
    "filling", ["{},", '"",', '{"\\ud800":"\\udfff"},', "0,"], ids=["{}", '""', "surrogates", "0"]
)
@pytest.mark.parametrize("kind", ['"new"', '"\\ud800"'])
@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("side", DECODE)
def test_a_frame_of_unknown_type_is_not_unfolded(
    side: str, kind: str, filling: str, ahead: bool
) -> None:
    """However large and whatever it holds, ignoring it takes no more than copies of its text."""
    count = (wire.MAX_CLIENT_FRAME - 100) // len(filling)
    keys = [f'"type":{kind}', f'"a":[{filling * count}0]']
    text = f"{{{','.join(keys if ahead else keys[::-1])}}}"
    tracemalloc.start()
    try:
        assert DECODE[side](text) is None
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 3 * len(text)


def test_a_lone_surrogate_is_named_ignored_or_unknown_wherever_it_stands() -> None:
    """In a type it makes an unknown type, in a key an unknown key, in a word an ill-typed one."""
    assert wire.decode_client('{"type":"\\ud800","re":"m1"}') is None
    assert wire.decode_client('{"type":"stop","re":"m1","\\ud800":1}') == wire.Stop("m1")
    event = '{"type":"event","seq":1,"id":"a","role":"\\ud800","text":"","at":1,"status":"failed"}'
    with pytest.raises(ProtocolError, match="role: holds a lone surrogate"):
        wire.decode_server(event)


def test_a_pair_of_escaped_surrogates_is_a_character() -> None:
    """JSON's way to write a character beyond the first plane is understood."""
    frame = wire.decode_client('{"type":"send","id":"m1","text":"\\ud83e\\udd89"}')
    assert frame == wire.Send(id="m1", text="🦉")


def test_a_surrogate_in_the_context_is_the_messages_fault() -> None:
    """The frame is taken, so that the message can be refused as bad_context."""
    frame = wire.decode_client('{"type":"send","id":"m1","text":"x","context":{"cell":"\\udfff"}}')
    assert isinstance(frame, wire.Send)
    assert wire.context_fault(frame.context) == ("attachment_surrogate", {})


def test_a_lone_surrogate_is_never_written() -> None:
    """Encoding refuses what the other side would have to refuse."""
    with pytest.raises(UnicodeEncodeError):
        wire.encode(wire.Send(id="m1", text="\ud800"))
