"""Secrets show nothing, whatever is done with them."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tutor_widget.secret import Secret, sealed

WORD = "hunter2"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "%s".__mod__, lambda s: f"{s}", dir])
def test_a_secret_shows_nothing(show: Callable[[Any], Any]) -> None:
    """Neither does anything that holds it."""
    for holder in (Secret(WORD), [Secret(WORD)], {"token": Secret(WORD)}):
        assert WORD not in str(show(holder))


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_secret_cannot_be_taken_along(take: Callable[[Any], Any]) -> None:
    """A copy or a pickle would have it in the clear."""
    with pytest.raises(TypeError) as raised:
        take(Secret(WORD))
    assert WORD not in str(raised.value)


def test_a_secret_equals_what_has_its_text() -> None:
    """So it can be a key, and be compared with what a server refused."""
    assert Secret(WORD) == Secret(WORD)
    assert Secret(WORD) == WORD
    assert Secret(WORD) != Secret("another")
    assert Secret(WORD) != 7
    assert hash(Secret(WORD)) == hash(Secret(WORD))
    assert Secret("\udcff") != Secret(WORD)


def test_only_text_is_sealed() -> None:
    """What is none keeps its kind, and is judged by it."""
    assert sealed(WORD).reveal() == WORD
    assert sealed(sealed(WORD)).reveal() == WORD
    assert sealed(7) == 7
    assert sealed(None) is None
