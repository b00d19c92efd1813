"""The errors that learners paste into a message."""

from __future__ import annotations

import pytest

from tests.support.growth import cost
from tests.support.notebook_errors import errors_of_cells
from tutor_widget.server.tutors.lesson.errors import pasted_error

PRICE = ("NameError", "name 'price' is not defined")
PLAIN = """Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
NameError: name 'price' is not defined"""
IPYTHON = """---------------------------------------------------------------------------
NameError                                 Traceback (most recent call last)
Cell In[1], line 1
----> 1 print(price)

NameError: name 'price' is not defined"""
COLOURS = (
    "\x1b[0;31m-----------------\x1b[0m\n"
    "\x1b[0;31mNameError\x1b[0m                Traceback (most recent call last)\n"
    "Cell \x1b[0;32mIn[1], line 1\x1b[0m\n"
    "\x1b[0;31mNameError\x1b[0m: name 'price' is not defined"
)
CHAINED = """Traceback (most recent call last):
  File "a.py", line 2, in <module>
    1 / 0
ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 4, in <module>
    prices["milk"]
KeyError: 'milk'
"""
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 1, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +---------------- 2 ----------------
    | TypeError: 2
    +------------------------------------
"""
SYNTAX = """  Cell In[3], line 1
    print((1, 2)
                ^
SyntaxError: unterminated string literal (detected at line 1)
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (PLAIN, PRICE),
        (f"```\n{PLAIN}\n```", PRICE),
        (f"```python\n{PLAIN}```", PRICE),
        (f"> {PLAIN}".replace("\n", "\n> "), PRICE),
        (f"why??\n\n{PLAIN}\n\nplease help", PRICE),
        (PLAIN.replace("\n", "\r\n"), PRICE),
        (IPYTHON, PRICE),
        (COLOURS, PRICE),
        (COLOURS.replace("\x1b", ""), PRICE),
        ("NameError: name 'price' is not defined", PRICE),
        ("`NameError: name 'price' is not defined`", PRICE),
        ("**NameError**: name 'price' is not defined".replace("**", ""), PRICE),
        ("NameError: name 'price' is not defined. Did you mean: 'print'?", PRICE),
        ("i get NameError: name 'price' is not defined", PRICE),
        ("what is `NameError: name 'price' is not defined`?", PRICE),
        ("i get NameError: name 'price' is not defined. what now", PRICE),
        ("i get NameError: name 'price' is not defined, why", PRICE),
        ("there is an error (NameError: name 'price' is not defined).", PRICE),
        ("Error: NameError: name 'price' is not defined", PRICE),
        ("NameError : name 'price' is not defined !", PRICE),
        ("j'ai «\u00a0NameError: name 'price' is not defined\u00a0», que faire ?", PRICE),
        ("was heißt „NameError: name 'price' is not defined“?", PRICE),
        ("¿qué es “NameError: name 'price' is not defined”?", PRICE),
        ("我遇到了NameError: name 'price' is not defined，怎么办？", PRICE),
        ("NameError：name 'price' is not defined", PRICE),
        ("NameError: name 'price' is not defined是什么意思？", PRICE),
        ("出现（NameError: name 'price' is not defined）", PRICE),
        ("NameError: name '价格' is not defined 是什么意思",
         ("NameError", "name '价格' is not defined")),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'a.txt' 是什么意思",
         ("FileNotFoundError", "[Errno 2] No such file or directory: 'a.txt'")),
        ("JSONDecodeError: Extra data: line 1 column 4 (char 3) 怎么改",
         ("JSONDecodeError", "Extra data: line 1 column 4 (char 3)")),
        ("i get ValueError: I/O operation on closed file.",
         ("ValueError", "I/O operation on closed file.")),
        ("i get SyntaxError: invalid syntax. Perhaps you forgot a comma?",
         ("SyntaxError", "invalid syntax. Perhaps you forgot a comma?")),
        ("NameError: name 'a' is not defined\nKeyError: 'milk'", ("KeyError", "'milk'")),
        (CHAINED, ("KeyError", "'milk'")),
        (GROUP, ("ExceptionGroup", "two (2 sub-exceptions)")),
        (SYNTAX, ("SyntaxError", "unterminated string literal (detected at line 1)")),
        ("SyntaxError: invalid syntax (<ipython-input-1-a>, line 1)",
         ("SyntaxError", "invalid syntax")),
        ("json.decoder.JSONDecodeError: Extra data: line 1 column 4 (char 3)",
         ("JSONDecodeError", "Extra data: line 1 column 4 (char 3)")),
        (f"{PLAIN[:34]}\nKeyboardInterrupt", ("KeyboardInterrupt", "")),
        (f"{PLAIN[:34]}\nAssertionError", ("AssertionError", "")),
        ("KeyError: 'milk'", ("KeyError", "'milk'")),
        ("MotorError: left", ("MotorError", "left")),
    ],
)  # fmt: skip
def test_a_pasted_error_is_found(text: str, error: tuple[str, str]) -> None:
    """Fenced, quoted, coloured, in a report, alone, or in a sentence."""
    assert pasted_error(text) == error


@pytest.mark.parametrize(
    "text",
    [
        "",
        "IndexError",
        "i think it's an IndexError",
        "it's a TypeError: wrong type",
        "its KeyError: because milk is not in there",
        "error: it does not work",
        "Error: it does not work",
        "Warning: hot",
        "what is a NameError?",
        "NameError:",
        "TypeError : no",
        "it's a TypeError: wrong type, not a list",
        "es ist ein KeyError: weil milk fehlt",
        "c'est une TypeError : mauvais type",
        "它是 TypeError：类型不对",
        "我觉得是NameError：没有这个名字",
        "d = {'Error': 3}",
        "the answer is 3: three",
    ],
)
def test_what_only_names_an_error_is_none(text: str) -> None:
    """It may be the answer to a step."""
    assert pasted_error(text) is None


def test_what_ipython_shows_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Name and message are those that an attached error has."""
    cells = ["1 / 0", "prise", "print('a", "{'a': 1}['b']", "for x in 3: pass"]
    for error in errors_of_cells(cells, tmp_path_factory.mktemp("cells")):
        assert error is not None
        assert pasted_error(error["traceback"]) == (error["name"], error["message"])


@pytest.mark.parametrize(
    "piece",
    [
        "\x1b[0;31m",
        "\x1b[",
        "TypeError: a\n",
        "x TypeError: a\n",
        "Error: ",
        "xError: ",
        "AError：",
        "错",
        ". ",
        "NameError: 错",
        "A.B.",
        "A" * 8,
        "`*|+- \t>",
        "\n",
        ": ",
        "[1;",
    ],
)
def test_the_time_grows_with_the_text(piece: str) -> None:
    """Four times the text, up to 32 KiB, takes at most eight times as long."""

    def seconds(size: int) -> float:
        text = (piece * size)[:size]
        return cost(lambda: pasted_error(text))

    assert seconds(32_768) <= 8 * seconds(8_192)
