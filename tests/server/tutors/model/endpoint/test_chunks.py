"""What a chunk says, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor_widget.server.tutors.model.endpoint.chunks import (
    Chunk,
    Joiner,
    StreamError,
    Usage,
    read_chunk,
)
from tutor_widget.wire import without_surrogates

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "choices delta content index finish_reason usage model error code object refusal "
                "reasoning reasoning_content prompt_tokens completion_tokens".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
TEXT = st.text(st.characters(exclude_categories=()), max_size=6)


def chunk(**choice: Any) -> dict[str, Any]:
    return {"choices": [choice]}


@given(JSON)
def test_any_json_is_read(data: object) -> None:
    """It is a chunk or an error; what a learner may see of it is text."""
    read = read_chunk(data)
    assert isinstance(read, StreamError) or isinstance(read.text, str)


@given(JSON, JSON)
def test_any_delta_is_read(delta: object, finish: object) -> None:
    """A finish_reason is a text that is not blank, or there is none."""
    read = read_chunk(chunk(delta=delta, finish_reason=finish))
    assert isinstance(read, Chunk)
    assert read.finish is None or read.finish.strip()


def test_content_and_reasoning_are_apart() -> None:
    """Under each of the names that reasoning has."""
    assert read_chunk(chunk(delta={"content": "a", "reasoning_content": "b"})) == Chunk("a", "b")
    assert read_chunk(chunk(delta={"reasoning": "c"})) == Chunk("", "c")


@pytest.mark.parametrize(
    ("delta", "is_token"),
    [
        ({"content": "a"}, True),
        ({"reasoning": "a"}, True),
        ({"refusal": "a"}, True),
        ({"content": " \n", "reasoning": ""}, False),
        ({"role": "assistant"}, False),
        ({}, False),
    ],
)
def test_what_is_a_token(delta: dict[str, str], is_token: bool) -> None:
    """Anything generated that is not blank; nothing else extends a time-out."""
    read = read_chunk(chunk(delta=delta))
    assert isinstance(read, Chunk)
    assert read.is_token is is_token


def test_another_choice_is_not_the_answer() -> None:
    """One is asked for: the first."""
    assert read_chunk(chunk(index=1, delta={"content": "a"})) == Chunk()


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 0}, Usage(3, 0)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, None),
        ({"prompt_tokens": 3}, None),
        ({"prompt_tokens": -3, "completion_tokens": 1}, None),
        ({"prompt_tokens": True, "completion_tokens": 1}, None),
        ({"prompt_tokens": 1.5, "completion_tokens": 1}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 1}, None),
        (None, None),
    ],
)
def test_usage_counts_only_if_it_can_be(usage: object, read: Usage | None) -> None:
    """Else the tokens are estimated."""
    assert read_chunk({"usage": usage}) == Chunk(usage=read)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"error": {"code": 429}}, 429),
        ({"error": {"code": "503"}}, 503),
        ({"error": {"code": "rate_limited"}}, None),
        ({"error": {"code": 200}}, None),
        ({"error": {"code": True}}, None),
        ({"error": "no"}, None),
        ({"object": "error", "code": 400}, 400),
    ],
)
def test_an_error_names_a_status_or_none(error: object, status: int | None) -> None:
    """A number or digits of an HTTP error; no word of it is used."""
    assert read_chunk(error) == StreamError(status)


def test_a_name_of_a_model_is_one_line() -> None:
    """At most 200 characters, all of them printable."""
    read = read_chunk({"model": "m\n\x1b[1m\ud800" + "x" * 1000})
    assert isinstance(read, Chunk)
    assert read.model is not None
    assert read.model.isprintable()
    assert len(read.model) <= 200


@given(st.lists(TEXT, max_size=8))
def test_pieces_are_the_text(texts: list[str]) -> None:
    """Together they are what came, but for blanks at the end; each is valid and none is blank."""
    joiner = Joiner()
    pieces = [piece for text in texts if (piece := joiner.take(text))]
    pieces += [rest] if (rest := joiner.end()) else []
    assert all(piece.strip() and piece.encode() for piece in pieces)
    assert "".join(pieces).rstrip() == without_surrogates("".join(texts)).rstrip()


@given(TEXT)
def test_text_without_surrogates_stays(text: str) -> None:
    """Only what cannot be encoded changes, and it is not longer after that."""
    clean = without_surrogates(text)
    clean.encode()
    assert len(clean) <= len(text)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert clean == text
