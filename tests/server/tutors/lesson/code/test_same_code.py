"""Which pieces of code are the same, as trees and by value, and what they may cost."""

from __future__ import annotations

import datetime
import random
import tracemalloc
import warnings
from collections.abc import Mapping
from itertools import count

import pytest

from tests.support.growth import cost
from tutor_widget.server.tutors.lesson.code import is_code, same_code

PRICES = [{"price": 1}, {"price": 2}, {"price": 5}, {"price": 7}]
NUMBERS = [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 10}]
LISTS: list[dict[str, object]] = [
    {"shopping": ["milk"]},
    {"shopping": []},
    {"shopping": ["egg", "milk"]},
]


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ("sign='open'", 'sign = "open"'),
        (">>> sign = 'open'", 'sign = "open"'),
        ("In [3]: sign = 'open'", 'sign = "open"'),
        ("sign = “open”", 'sign = "open"'),
        ('sign = "open";  # a shop', "sign='open'"),
        ("    x = 1", "x = 1"),
        ("x = 1\u00a0+ 2", "x = 1+2"),
        ("x = +5", "x = 5"),
        ("x = \u22125", "x = -5"),
        ("(price >= 2) and (price<=5)", "price >= 2 and price <= 5"),
        ("price <= 5 and 2 <= price", "2 <= price <= 5"),
        ("5 > a", "a < 5"),
        ("5 == a", "a == 5"),
        ("not a == b", "a != b"),
        ("not a in b", "a not in b"),
        ("not a is b", "a is not b"),
        ("(a and b) and c", "a and (b and c)"),
        ("values[0:3]", "values[:3]"),
        ("values[0:len(values):1]", "values[:len(values)]"),
        ("values[None:None]", "values[:]"),
        ("range(0, 3, 1)", "range(3)"),
        ("print('a', end='', sep='b')", "print('a',sep='b',end='')"),
        ("[1, 2,]", "[1,2]"),
        ("1, 2", "(1, 2)"),
        ("{'a': 1, 'b': 2}", '{"b": 2, "a": 1}'),
        ("{3, 1}", "{1, 3}"),
        ("u'a' 'b'", "'ab'"),
        ("f'{a}'", 'f"{a}"'),
        ("for i in range(3):\n  print(i)", "for i in range(0,3): print(i)"),
        (">>> for i in x:\n...     print(i)\n...", "for i in x:\n  print(i)"),
        ("def f(a):\n\treturn a", "def f(a): return a"),
    ],
)
def test_what_means_nothing_makes_no_difference(given: str, accepted: str) -> None:
    """Quotes, spaces, brackets, prompts, and forms that mean the same."""
    assert same_code(given, accepted)
    assert same_code(accepted, given)


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ("2 < price < 5", "2 <= price <= 5"),
        ("2 <= Price <= 5", "2 <= price <= 5"),
        ("price >= 2 or price <= 5", "price >= 2 and price <= 5"),
        ('"milk" in shopping == True', '("milk" in shopping) == True'),
        ("not (a < b)", "a > b"),
        ("i < len(a) and a[i] == 0", "a[i] == 0 and i < len(a)"),
        ("b and a", "a and b"),
        ('sign == "open"', 'sign = "open"'),
        ("sign = open", 'sign = "open"'),
        ("a - b", "b - a"),
        ("1", "True"),
        ("1", "1.0"),
        ("'1'", "1"),
        ("[bap]", "['bap']"),
        ("values[0::-1]", "values[::-1]"),
        ("values[0]", "values[None]"),
        ("range(1, 3)", "range(3)"),
        ("{'a': 1, 'a': 2}", "{'a': 2, 'a': 1}"),
        ("f(b=1, **a)", "f(**a, b=1)"),
        ("list(range(3))", "[0, 1, 2]"),
        ("if x:\n  a\nb", "if x:\n  a\n  b"),
        ("", ""),
        ("two words", "two words"),
    ],
)
def test_what_means_something_makes_a_difference(given: str, accepted: str) -> None:
    """Without cases only the form counts: what would compute the answer is not the answer."""
    assert not same_code(given, accepted)
    assert not same_code(accepted, given)


@pytest.mark.parametrize(
    ("given", "accepted", "cases"),
    [
        ("not (price < 2 or price > 5)", "2 <= price <= 5", PRICES),
        ("price in range(2, 6)", "2 <= price <= 5", PRICES),
        ("('milk' in shopping) == True", '"milk" in shopping', LISTS),
        ("shopping.count('milk') > 0", '"milk" in shopping', LISTS),
        ("any(item == 'milk' for item in shopping)", '"milk" in shopping', LISTS),
        ("'milk' in shopping[:] if shopping else False", '"milk" in shopping', LISTS),
        ("shopping[len(shopping) - 1]", "shopping[-1]", LISTS),
        ("True if n % 2 == 0 else False", "n % 2 == 0", NUMBERS),
        ("n * 1.1", "n + n * 0.1", NUMBERS),
        ("n / 2", "n * 0.5", NUMBERS),
        ("2.0 * n", "n + n", NUMBERS),
        ("10 / n", "10 * 1 / n", NUMBERS),
        ("sum(i * i for i in range(n))", "sum([i ** 2 for i in range(n)])", NUMBERS),
        ("sorted({n: 1, n + 1: 2}.items(), reverse=True)[1][0]", "n", NUMBERS),
        ("f'{n} apples'", "str(n) + ' apples'", NUMBERS),
        ("' '.join([str(n), 'apples'])", "str(n) + ' apples'", NUMBERS),
        ("{k: v for k, v in [(n, 1)]}", "{n: True + 0}", NUMBERS),
        ("total = n + total", "total += n", [{"n": 1, "total": 2}, {"n": 3, "total": 4}]),
        ("double = n + n", "double = 2 * n", NUMBERS),
        ("max", "max + 0", [{"max": 1}]),
    ],
)
def test_equal_values_in_all_cases_are_the_same(
    given: str, accepted: str, cases: list[Mapping[str, object]]
) -> None:
    """Floats may differ by rounding, and an error is equal to the same error."""
    assert same_code(given, accepted, cases)
    assert not same_code(given, accepted)


@pytest.mark.parametrize(
    ("given", "accepted", "cases"),
    [
        ("2 < price < 5", "2 <= price <= 5", PRICES),
        ("'milk' in shopping == True", '"milk" in shopping', LISTS),
        ("shopping.count('milk')", '"milk" in shopping', LISTS),
        ("n % 2", "n % 2 == 1", NUMBERS),
        ("[n % 2]", "[n % 2 == 1]", NUMBERS),
        ("str(n)", "n", NUMBERS),
        ("(n, n)", "[n, n]", NUMBERS),
        ("{True, n}", "{1, n}", [{"n": 2}]),
        ("{n: True}", "{n: 1}", NUMBERS),
        ("n // 4", "n / 4", NUMBERS),
        ("price / 0", "price", PRICES),
        ("price", "prise", [{"prise": 1}]),
        ("print(n)", "n", NUMBERS),
        ("twice = 2 * n", "double = 2 * n", NUMBERS),
        ("n; n", "n", NUMBERS),
        ("x + 1", "x + y", [{}]),
    ],
)
def test_another_value_in_one_case_is_not_the_same(
    given: str, accepted: str, cases: list[Mapping[str, object]]
) -> None:
    """The type counts as well: True is not 1."""
    assert not same_code(given, accepted, cases)


def test_a_constant_that_is_right_by_chance_is_wrong() -> None:
    """The answer must read the names that the accepted one reads."""
    cases = [{"price": 3}, {"price": 4}]
    assert not same_code("True", "2 <= price <= 5", cases)
    assert same_code("price == price", "2 <= price <= 5", cases)


def test_an_accepted_answer_without_any_value_agrees_with_nothing() -> None:
    """An error in every case is a fault of the cases, which must not make all answers right."""
    assert not same_code("n / 0", "1 / (n - n)", NUMBERS)
    assert not same_code("m", "n", [{"o": 1}])


def test_values_that_no_evaluation_knows_agree_with_nothing() -> None:
    """A TOML file can have dates, and more items than the limit."""
    assert not same_code("n if n else 1", "n", [{"n": datetime.date(2026, 1, 1)}])
    assert not same_code("n if n else 1", "n", [{"n": [1] * 5_000}])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("price", False),
        ("42", False),
        ("-42", False),
        ("3.5", False),
        ("None", False),
        ("", False),
        ("# nothing", False),
        ("two words", False),
        ("x = 1", True),
        ("'a'", True),
        ("a.b", True),
        ("[1]", True),
        ("print(1)", True),
    ],
)
def test_code_is_more_than_a_word_or_a_number(text: str, code: bool) -> None:
    """A plain word is Python as well, and is compared as text."""
    assert is_code(text) is code


HOSTILE = [
    "'a' * 10**9 * n",
    "n * ('a' * 10**9)",
    "9 ** 9 ** 9 * n",
    "(n + 9) ** (n + 9) ** 9",
    "2.0 ** 10 ** 9 * n",
    "1 << 10**9 * n",
    "[0] * 10**8 * n",
    "(9 ** 900) * (9 ** 900) * n",
    "[[i for i in range(999)] for j in range(999)] + [n]",
    "[x for x in [1]*999 for y in [1]*999 for z in [n]*999]",
    "range(10**12)[n]",
    "len(range(10**30)) * n",
    "list(range(-10**9, 10**9, 1))[n]",
    "'%1000000000d' % n",
    "'{:1000000000}'.format(n)",
    "f'{n:1000000000}'",
    "f'{s!r:>1000000000}'",
    "round(n, -10**9)",
    "s.replace('', 'x' * 999).replace('x', 'x' * 999)",
    "s.join([s * 400] * 900)",
    "s.center(10**9)",
    "s.zfill(10**9)",
    "sum([[n]] * 900, [])",
    "[[[[[n] * 900] * 900] * 900] * 900] * 900",
    "{i * (2**61 - 1) for i in range(n * 199)} == n",
    "[n := 3][0]",
    "(lambda: n)()",
    "n.__class__",
    "().__class__.__base__.__subclasses__()[n]",
    "s.format.__globals__[n]",
    "__import__('os').getcwd()[n]",
    "eval('n')",
    "open('x').read()[n]",
    "globals()[n]",
    "~True + n",
    "1 is n",
    "[*[n]]",
    "{**{n: n}}",
    "max([n], key=str)",
    "list({s, n})[0]",
    "str({s, n})",
    "[x for x in {s, n}]",
    "b'a' * n",
    "1j * n",
    "...",
    "type(n)",
]


@pytest.mark.parametrize("given", HOSTILE)
def test_what_costs_too_much_or_reaches_too_far_is_refused(given: str) -> None:
    """Also as the accepted answer it agrees with nothing; to refuse it costs little."""
    cases = [{"n": 5, "s": "ab"}]
    assert not same_code(f"({given})", f"({given}, n, s)[0]", cases)
    spaces = count(1)  # each text is new: what was compared is remembered

    def seconds(code: str) -> float:
        return cost(
            lambda: same_code(f"({code})" + " " * next(spaces), f"({code}, n, s)[0]", cases)
        )

    assert seconds(given) <= 50 * seconds("n + 1")


@pytest.mark.parametrize(
    "given",
    [
        "'a' * 10**6 * n",
        "n * 10**6 * [0]",
        "'-'.join(['a' * 900] * 900)",
        "s.replace('', 'x' * 900).replace('x', 'x' * 900)",
        "(n + 9) ** 10**6",
        "round(n, -10**6)",
        "[[0] * 900] * 900 * n",
    ],
)
def test_a_large_value_is_not_made(given: str) -> None:
    """The size is known before the work is done: no 100 KB are allocated at any time."""
    assert not same_code(given, "n", [{"n": 5, "s": "ab"}])  # what parsing needs stays
    tracemalloc.start()
    try:
        assert not same_code(given, "n", [{"n": 5, "s": "ab"}])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000


TOO_DEEP = [
    "(" * 1_000,
    "[" * 1_000,
    "{" * 1_000,
    "[" * 180 + "]" * 180,
    "-" * 999 + "1",
    "~" * 999 + "1",
    "not " * 249 + "a",
    "a" + ".b" * 499,
    "lambda:" * 142 + "1",
    "2**" * 333 + "1",
    "a if b else " * 80 + "c",
    "f(a" * 150 + ")" * 150,
    "f'{" * 90 + "1" + "}'" * 90,
    "1+" * 499 + "1",
    "x=" * 499 + "1",
    "[a for a in " * 60 + "b" + "]" * 60,
    "if a:\n" * 100,
    "9" * 1_001,
    "\0",
    "\ud800",
    "'\ud800",
    "a\\",
    "'\\d'",
    "'\\N{DIGIT'",
    "1if a else 2",
    "0x1for 2",
    "'\\400'",
]


@pytest.mark.parametrize("text", TOO_DEEP)
def test_what_the_parser_cannot_take_is_no_code(text: str) -> None:
    """Nothing is raised, nothing is warned of, and it is the same as nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not is_code(text)
        assert not same_code(text, text)


def test_no_text_raises() -> None:
    """Random pieces of Python in random order, with cases, on both sides."""
    chance = random.Random(7)
    pieces = (
        '( ) [ ] { } : , ; . = == <= in is not and or if else for lambda f\' \' " """ \\ \n \t # '
        "n s 1 0 -1 1e999 1_0 0b2 'a' True None [n] {n} {n:s} n[0] s[:1] len( str( sum( print( "
        "** << // % @ := -> ... * + - ~ >>> ` ’ “ \u200b \x00 \ud800 é 中"
    ).split(" ")
    cases = [{"n": 3, "s": "ab"}, {"n": 0, "s": ""}]
    for _ in range(3_000):
        text = " ".join(chance.choices(pieces, k=chance.randint(1, 12)))
        assert same_code(text, "n + 1", cases) in (True, False)
        assert is_code(text) in (True, False)


@pytest.mark.parametrize("opening", ["{", "[", "(", "f(a=", "[a for ", "{a:", "lambda x=(", "x["])
def test_the_time_to_parse_grows_with_the_text(opening: str) -> None:
    """Four times the text takes at most eight times as long: the parser does not go back."""

    def seconds(n: int) -> float:
        spaces = count(1)  # each text is new: what was parsed is remembered

        def parse() -> None:
            for tail in ("", "\n", ":", "1", ")"):
                is_code(opening * n + tail + " " * next(spaces))

        return cost(parse)

    small = 200 // len(opening)
    assert seconds(4 * small) <= 8 * seconds(small)


@pytest.mark.parametrize(
    "text",
    ["3ish", "5inch", "8inches", "1or", "1.5for", "0xfor", "x.5and", "[1,.5in", "3note", "2_0is"],
)
def test_letters_behind_a_number_raise_no_warning(text: str) -> None:
    """What begins like a keyword. Warnings are printed where the server runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not is_code(text)
