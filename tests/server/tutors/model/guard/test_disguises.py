"""An answer in disguise is an answer."""

from __future__ import annotations

import base64

import pytest

from tests.support.guarding import guard_at, is_held, shown, step_of

NONE = step_of("lists", 10)
TWENTY = step_of("lists", 2)
POTS = step_of("loops", 11)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        _b64("None"),
        _b64("It gives back None.").rstrip("="),
        _b64(_b64("None")),
        b"None".hex(),
        b"None".hex(" "),
        "0x4e 0x6f 0x6e 0x65",
        "Abar",
        "enoN",
        ".enoN si rewsna ehT",
        "N-o-n-e",
        "N, o, n, e",
        "N as in November, O as in Oscar, N as in November, E as in Echo",
        "N\no\nn\ne",
        "N\u200bo\u200bn\u200be",
        "No\u00adne",
        "Ｎｏｎｅ",
        "𝐍𝐨𝐧𝐞",
        "N**on**e",
        "N\\one",
        "N<b>on</b>e",
        "N\u0332o\u0332n\u0332e\u0332",
        "Nоne",
        "&#78;&#111;&#110;&#101;",
        "%4e%6f%6e%65",
        "\\u004e\\u006f\\u006e\\u0065",
        "78, 111, 110, 101",
        "01001110 01101111 01101110 01100101",
        "chr(78)+chr(111)+chr(110)+chr(101)",
        "<!-- None -->",
    ],
)
def test_no_disguise_gets_a_word_out(text: str) -> None:
    """Codes, marks and what nobody sees are taken off before a text is judged."""
    assert is_held(guard_at(NONE), f"Here you are: {text}")


@pytest.mark.parametrize(
    "text",
    [
        _b64("20"), "3230", "gjragl", "ytnewt", "t-w-e-n-t-y", "2-0", "2\n0", "２０", "2️⃣0️⃣",
        "2**0**", "&#50;&#48;", "%32%30", "Backwards it reads 02.", "<!-- 20 -->",
    ],
)  # fmt: skip
def test_no_disguise_gets_a_number_out(text: str) -> None:
    """The same goes for numbers, in digits and in words."""
    assert is_held(guard_at(TWENTY), f"Here you are: {text}")


def test_a_word_of_the_question_backwards_is_no_disguise() -> None:
    """Where the answer is "pots", the word "stop" of the question may be said."""
    text = "The loop takes the letters of the word stop one by one."
    assert shown(guard_at(POTS), text) == text


@pytest.mark.parametrize(
    "text",
    [
        "There are 41 pages in this book, and 52 exercises.",
        "The colour is #c0ffee, and the commit is deadbeef.",
        "Take i, j and k as names.",
        "100% of the learners found it hard at first.",
    ],
)
def test_what_only_looks_like_a_code_leaves(text: str) -> None:
    """Numbers and words that decode to nothing of the step are no leak."""
    assert shown(guard_at(NONE), text) == text
