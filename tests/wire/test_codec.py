"""Frames ⇄ JSON. The samples are data, so that other implementations can read them too."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.decoding import DECODE, protocol_fault
from tests.support.paths import GOLDEN
from tutor_widget import wire
from tutor_widget.errors import ProtocolError

SAMPLES = json.loads((GOLDEN / "frames.json").read_text("utf-8"))


def named(samples: list[dict[str, Any]]) -> list[Any]:
    """The samples as parameters, each with a name that says what it is."""
    return [
        pytest.param(sample, id=f"{sample['frame'].get('type')}-{sample.get('key', '')}-{number}")
        for number, sample in enumerate(samples)
    ]


# --- samples ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", named(SAMPLES["valid"]))
def test_a_valid_frame_is_the_struct_of_its_type(sample: dict[str, Any]) -> None:
    """Each key of the JSON is the field of the same name, with the same value."""
    frame = DECODE[sample["from"]](json.dumps(sample["frame"]))
    assert type(frame).__name__ == sample["struct"]
    for key, value in sample.get("writes", sample["frame"]).items():
        if key != "type":
            field = getattr(frame, "from_" if key == "from" else key)
            assert msgspec.to_builtins(field) == value


@pytest.mark.parametrize("sample", named(SAMPLES["valid"]))
def test_a_valid_frame_survives_the_round_trip(sample: dict[str, Any]) -> None:
    """What is decoded is encoded as it came, without unknown keys and nulls of optional ones."""
    decode = DECODE[sample["from"]]
    frame = decode(json.dumps(sample["frame"]))
    assert frame is not None
    written = wire.encode(frame)
    assert json.loads(written) == sample.get("writes", sample["frame"])
    assert decode(written) == frame
    assert decode(written.encode()) == frame


@pytest.mark.parametrize("sample", named(SAMPLES["invalid"]))
def test_an_invalid_frame_is_refused_by_the_name_of_its_key(sample: dict[str, Any]) -> None:
    """The error names the key and is short enough for the reason of a close frame."""
    with pytest.raises(ProtocolError) as caught:
        DECODE[sample["from"]](json.dumps(sample["frame"]))
    assert caught.value.key == sample["key"]
    assert sample["key"] in str(caught.value)
    assert len(str(caught.value).encode()) <= 123


@pytest.mark.parametrize("sample", named(SAMPLES["ignored"]))
def test_an_unknown_type_is_ignored(sample: dict[str, Any]) -> None:
    """A frame of a type that this side does not know is None, not an error."""
    assert DECODE[sample["from"]](json.dumps(sample["frame"])) is None


def test_the_samples_cover_every_frame() -> None:
    """Each frame of the protocol has a valid and an invalid sample, from the side that sends it."""
    for side, union in (("client", wire.ClientFrame), ("server", wire.ServerFrame)):
        for kind in ("valid", "invalid"):
            shown = {s["frame"].get("type") for s in SAMPLES[kind] if s["from"] == side}
            for struct in get_args(union):
                # A frame without keys, such as `Erase`, cannot be wrong.
                assert struct.__struct_config__.tag in shown or not struct.__struct_fields__


# --- generated frames ---------------------------------------------------------------------------

ids = st.from_regex(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,63}", fullmatch=True)
texts = st.text(max_size=40)
counts = st.integers(0, 2**53 - 1)
ordinals = st.integers(1, 2**53 - 1)
durations = st.floats(0, 1e6)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)
events = st.builds(
    wire.Event,
    seq=ordinals,
    id=ids,
    role=st.sampled_from(["learner", "tutor", "notice"]),
    text=texts,
    at=counts,
    status=st.sampled_from(["complete", "stopped", "failed"]),
    re=st.none() | ids,
    by=st.none() | st.text(min_size=1, max_size=80),
)
client_frames = st.one_of(
    st.builds(wire.Hello, session=ids, instance=ids, dial=ordinals, client=texts),
    st.builds(
        wire.Hello,
        session=ids,
        instance=ids,
        dial=ordinals,
        epoch=texts,
        after=counts,
        last=ids,
        client=texts,
    ),
    st.builds(wire.Send, id=ids, text=texts, context=st.none() | objects, rev=st.none() | counts),
    st.builds(wire.Withdraw, id=ids),
    st.builds(wire.Stop, re=ids),
    st.builds(wire.Older, before=counts, limit=counts),
    st.builds(wire.Report, id=ids, reason=st.none() | texts),
    st.just(wire.Erase()),
)
server_frames = st.one_of(
    events,
    st.builds(
        wire.Welcome,
        session=ids,
        epoch=texts,
        seq=counts,
        reset=st.booleans(),
        first=ordinals,
        state=objects,
        rev=counts,
        answering=st.none() | ids,
        limits=st.builds(wire.Limits, text=ordinals, unacked=ordinals),
        spread=durations,
        server=texts,
        account=st.none() | texts.map(lambda text: text[:64]),
        offers=st.none() | st.lists(texts, max_size=3),
    ),
    st.builds(wire.Page, before=counts, events=st.lists(events, max_size=3), more=st.booleans()),
    st.builds(wire.Refused, id=ids, code=texts, reason=texts, retry_after=st.none() | durations),
    st.builds(
        wire.Answering,
        re=ids,
        place=st.none() | ordinals,
        held=st.none() | st.booleans(),
    ),
    st.builds(wire.Reported, id=ids),
    st.builds(wire.Delta, id=ids, re=ids, from_=counts, text=texts),
    st.builds(wire.State, rev=counts, state=objects),
    st.builds(wire.Bye, reason=texts, retry_after=durations, spread=durations),
)


@given(client_frames)
def test_every_frame_of_a_client_survives_the_round_trip(frame: wire.ClientFrame) -> None:
    """decode_client(encode(frame)) is the frame."""
    assert wire.decode_client(wire.encode(frame)) == frame


@given(server_frames)
def test_every_frame_of_a_server_survives_the_round_trip(frame: wire.ServerFrame) -> None:
    """decode_server(encode(frame)) is the frame."""
    assert wire.decode_server(wire.encode(frame)) == frame


@given(client_frames | server_frames, st.data())
def test_a_mutilated_frame_is_taken_ignored_or_named(
    frame: wire.ClientFrame | wire.ServerFrame, data: st.DataObject
) -> None:
    """Whatever one value of a frame is replaced by, nothing but ProtocolError is raised."""
    keys = json.loads(wire.encode(frame))
    keys[data.draw(st.sampled_from(sorted(keys)))] = data.draw(values)
    for side in DECODE:
        assert len(protocol_fault(side, json.dumps(keys)).encode()) <= 123


@given(st.binary(max_size=200) | st.text(max_size=100))
def test_random_bytes_are_taken_ignored_or_refused(noise: bytes | str) -> None:
    """Noise raises nothing but ProtocolError."""
    for side in DECODE:
        assert len(protocol_fault(side, noise).encode()) <= 123


# --- texts, ids, contexts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain 🦉", "plain 🦉"),
        ("a\ud800b", "a\ufffdb"),
        ("a\udfff", "a\ufffd"),
        ("\ud800\ud800", "\ufffd\ufffd"),
        ("\ud83e\udd89", "🦉"),
    ],
)
def test_lone_surrogates_are_replaced_and_pairs_joined(text: str, clean: str) -> None:
    """Each lone surrogate becomes U+FFFD; a pair, as a browser may send it, its character."""
    assert wire.without_surrogates(text) == clean


@given(st.text(st.characters(exclude_categories=[]), max_size=50))
def test_text_without_surrogates_can_be_sent(text: str) -> None:
    """Any string at all can go out once it was cleaned, and cleaning twice changes nothing."""
    clean = wire.without_surrogates(text)
    assert wire.without_surrogates(clean) == clean
    assert wire.decode_client(wire.encode(wire.Send(id="m1", text=clean))) is not None


@pytest.mark.parametrize("text", ["", " ", "\t\r\n\v\f", "\x85\xa0\u1680\u2003\u2028\u202f\u3000"])
def test_white_space_alone_is_blank(text: str) -> None:
    """Unicode's White_Space says nothing."""
    assert wire.is_blank(text)


@pytest.mark.parametrize("text", ["a", " . ", "\u200b", "\ufeff", "\x1c", "\u2060"])
def test_what_is_not_white_space_is_not_blank(text: str) -> None:
    """Zero-width and control characters are no white space to Unicode."""
    assert not wire.is_blank(text)


@pytest.mark.parametrize(
    ("text", "session", "learner"),
    [
        ("a", True, True),
        ("A-z_9", True, True),
        ("_a", True, False),
        ("x" * 64, True, True),
        ("x" * 65, False, False),
        ("", False, False),
        ("a\n", False, False),
        ("٣", False, False),
    ],
)
def test_ids_are_short_and_plain(text: str, session: bool, learner: bool) -> None:
    """1–64 of A-Za-z0-9_-; a learner's message's id does not begin with _."""
    assert wire.is_id(text) == session
    assert wire.is_learner_id(text) == learner


ERROR = {"name": "NameError", "message": "x", "traceback": "…"}


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"cell": "x = 1"},
        {"cell": None, "error": None},
        {"cell": "é" * (wire.MAX_CONTEXT // 2), "error": ERROR},
        {"invented": ["later"]},
    ],
)
def test_a_good_context_has_no_fault(context: dict[str, Any] | None) -> None:
    """A cell and an error of up to 16 KiB each may be shared; unknown keys are ignored."""
    assert wire.context_fault(context) is None


def too_big(part: str, size: int) -> dict[str, Any]:
    return {"part": part, "size": size, "limit": wire.MAX_CONTEXT}


@pytest.mark.parametrize(
    ("context", "code", "args"),
    [
        ({"cell": 1}, "not_text", {"part": "cell"}),
        (
            {"cell": "é" * (wire.MAX_CONTEXT // 2) + "x"},
            "too_big",
            too_big("cell", wire.MAX_CONTEXT + 1),
        ),
        ({"error": "NameError"}, "not_object", {"part": "error"}),
        (
            {"error": {"name": "NameError", "message": "x"}},
            "not_text",
            {"part": "error.traceback"},
        ),
        ({"error": {**ERROR, "message": None}}, "not_text", {"part": "error.message"}),
        (
            {"error": dict.fromkeys(("name", "message"), "") | {"traceback": "x" * 20_000}},
            "too_big",
            too_big("error", 20_000),
        ),
        ({"later": ["\ud800"]}, "surrogate", {}),
    ],
)
def test_the_fault_of_a_context_is_a_code(
    context: dict[str, Any], code: str, args: dict[str, Any]
) -> None:
    """Its arguments are names and numbers: its sentence is made where it is shown."""
    assert wire.context_fault(context) == (f"attachment_{code}", args)


@pytest.mark.parametrize("character", ["k", "\xfc", "\u20ac", "\U0001f989"])
def test_a_protocol_error_fits_into_a_close_frame(character: str) -> None:
    """Its text is cut to 123 bytes between two characters, and no shorter than needed."""
    for length in range(20, 150):
        error = ProtocolError(character * length, "is wrong")
        whole = f"{error.key}: is wrong"
        assert whole.startswith(str(error))
        size = len(str(error).encode())
        assert size <= 123
        assert str(error) == whole or size > 123 - len(character.encode())
    assert str(ProtocolError("\ud800", "is wrong")) == "?: is wrong"


@pytest.mark.parametrize("key", ["k" * 500, "\U0001f989" * 500, "\xfc" * 99])
def test_a_frame_with_a_long_key_is_refused_with_a_reason_that_fits(key: str) -> None:
    """A frame's keys are its sender's, and the reason names the faulty one."""
    event = {"type": "event", "seq": 1, "id": "i", "role": "tutor", "at": 0, "status": "complete"}
    for wrong in ({"text": 1, key: 1}, {"text": "", "re": {key: key}}):
        with pytest.raises(ProtocolError) as caught:
            wire.decode_server(json.dumps(event | wrong, ensure_ascii=False))
        assert len(str(caught.value).encode()) <= 123
