"""Whether a message gives an answer in words or code, with words that say nothing around it."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import Verdict, judge_text
from tutor_widget.server.tutors.lesson.normal import clean

REPEATS = "Which keyword repeats a block for as long as a condition holds? What do you write?"
METHOD = "Which method adds `9` at the end of the list `beds`?"
SLICE = "```python\nbeds = [4, 6, 8, 9]\n```\nWhat is `beds[1:3]`?"
LINE = "```text\n----> 2 print(prise)\n```\nWhat should line 2 have been?"
SIGN = "Which one character is missing?"


def is_right(text: str, *answers: str, question: str = "", case: bool = False) -> bool:
    return judge_text(clean(text), answers, question=question, case=case) is Verdict.RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "while loop", "the keyword while", "the word while", "das Wort while", "mit while",
        "con while", "avec while", "用 while", "用while循环", "la boucle while", "el bucle while",
        "die while schleife", "the `while` loop", "you would use the while keyword", "while-loop",
        "while, not for", "not for, while", "for no wait while", "答案是: while", "是:while",
        "no doubt: while", "while, im not sure", "il faut écrire while", "\"while\"", "while?",
    ],
)  # fmt: skip
def test_an_answer_with_its_companions(text: str) -> None:
    """What it is called, how it is used, how sure its author is."""
    assert is_right(text, "while", question=REPEATS)


@pytest.mark.parametrize(
    "text",
    [
        "no while", "not while", "while or for", "for or while", "while, or for", "do while",
        "do-while", "while for", "while and for", "while not", "nicht while", "pas while",
        "kein while", "no es while", "不是while", "meanwhile", "whiles", "not a while loop",
    ],
)  # fmt: skip
def test_an_answer_beside_another_one_is_wrong(text: str) -> None:
    """Or one that is denied, or a part of another word."""
    assert not is_right(text, "while", question=REPEATS)


def test_the_companions_of_other_answers() -> None:
    """The same words go with any keyword."""
    for text in ("continue statement", "the continue statement", "das Wort continue", "continue."):
        assert is_right(text, "continue", question=REPEATS), text


@pytest.mark.parametrize(
    "text",
    [
        "append",
        "append()",
        ".append",
        "beds.append()",
        "beds.append(9)",
        "`append`",
        "list.append",
        "the append method",
        "the .append() method",
        "die Methode append",
        "append方法",
        "you use append()",
    ],
)
def test_a_method_is_named_as_it_is_called(text: str) -> None:
    """With its list, with parentheses."""
    assert is_right(text, "append", question=METHOD)


@pytest.mark.parametrize(
    "text", ["extend", "beds.insert()", "appendix", "append or insert", "not append", "append.x()"]
)
def test_another_method_is_wrong(text: str) -> None:
    """Also one that the right name is a part of."""
    assert not is_right(text, "append", question=METHOD)


@pytest.mark.parametrize(
    "text",
    [
        "beds[1:3] is [6, 8]",
        "beds[1:3] = [6, 8]",
        "`beds[1:3]` is `[6, 8]`",
        "six and eight",
        "beds[1:3] gives [6, 8]",
        "beds[1:3] -> [6, 8]",
        "beds[1:3]: [6, 8]",
        "6 & 8",
        "6和8",
        "beds[1:3] ergibt [6, 8]",
        "the values 6 and 8",
        "[6, 8], the 9 is not in",
        "[6, 8] i think",
        "beds[1:3] gives a [6, 8]",
    ],
)
def test_what_an_expression_of_the_question_is(text: str) -> None:
    """Or the values of a list in a sentence."""
    assert is_right(text, "[6, 8]", question=SLICE)


@pytest.mark.parametrize(
    "text",
    [
        "beds[0:3] is [6, 8, 9]",
        "beds[1:3]",
        "[6, 8] or [6, 8, 9]",
        "[6, 8] + [9]",
        "68",
        "not [6, 8]",
        "6, 8, 9",
        "8 and 6",
        "no 6 and 8",
    ],
)
def test_a_list_that_is_not_that(text: str) -> None:
    """One of two, a part of another, in another order, or denied."""
    assert not is_right(text, "[6, 8]", question=SLICE)


def test_a_value_in_quotes_is_a_text() -> None:
    """ "None" is not None; a word may be quoted."""
    for text in ('"None"', "'None'", "“None”", 'it is "None"', "None of them", "not None"):
        assert not is_right(text, "None"), text
    for text in ("None", "none", "`None`", "the value None", "nothing, it's None", "so None"):
        assert is_right(text, "None"), text
    assert not is_right("'true'", "True")
    assert is_right("'while'", "while")
    assert is_right("`'Ada'`", "Ada", case=True)


def test_capitals_are_denied_and_described() -> None:
    """Where they differ, another spelling may be named as wrong."""
    for text in ("Ada with a capital A", "Ada not ada", "the key Ada", '"Ada" with a big A'):
        assert is_right(text, "Ada", question="Which key is right?", case=True), text
    for text in ("ada", "ada not Ada", "ada with a capital a", "not Ada"):
        assert not is_right(text, "Ada", question="Which key is right?", case=True), text


def test_a_line_with_its_number() -> None:
    """As the report shows it."""
    for text in ("2 print(price)", "line 2: print(price)", "----> 2 print(price)"):
        assert is_right(text, "print(price)", question=LINE, case=True), text
    assert not is_right("2 print(prise)", "print(price)", question=LINE, case=True)


def test_an_expression_in_its_statement() -> None:
    """A condition stands behind `if`, a value behind `return`."""
    for text in ("if n % 2 == 0:", "while n % 2 == 0:", "return n % 2 == 0", "if n%2==0"):
        assert is_right(text, "n % 2 == 0"), text
    for text in ("if n % 2 == 1:", "if n % 2 = 0:", "print n % 2 == 0", "if not n % 2 == 0:"):
        assert not is_right(text, "n % 2 == 0"), text


def test_one_of_two_expressions_is_none() -> None:
    """Though by its value, one or the other may be right."""
    cases = ({"word": "house"}, {"word": "zebra"})

    def judged(text: str) -> Verdict:
        return judge_text(clean(text), ("word[0]",), cases=cases, case=True)

    assert judged("word[:1]") is Verdict.RIGHT
    assert judged("word[0] because it is the first") is Verdict.RIGHT
    assert judged("word[0] or word[1]") is Verdict.WRONG
    assert judged("word[1] or word[0]") is Verdict.WRONG


def test_a_sign_in_a_sentence() -> None:
    """If it is the only one, and nothing else is said."""
    answers = (":", "colon", "a colon")
    for text in (":", "the : at the end is missing", "a colon is missing", "il manque un :"):
        assert is_right(text, *answers, question=SIGN), text
    for text in (": or ;", "not :", "no colon", "a semicolon", "the ; at the end"):
        assert not is_right(text, *answers, question=SIGN), text


@pytest.mark.parametrize("text", ["int, float", "float, int", "int\nfloat", "int, str, float"])
def test_a_list_of_guesses_is_no_answer(text: str) -> None:
    """Another word, or other code, beside the answer."""
    assert judge_text(text, ["int"]) is Verdict.TWO
    assert judge_text("pots, cups", ["pots"]) is Verdict.TWO
    assert judge_text("None, error", ["None"]) is Verdict.TWO
    assert judge_text("n % 2 == 0, n % 2 == 1", ["n % 2 == 0"]) is Verdict.TWO


@pytest.mark.parametrize(
    "text",
    ["int, because it is whole", "int i think", "int, a whole number", "int, lol", "yes, int"],
)
def test_what_is_said_beside_an_answer_is_no_guess(text: str) -> None:
    """Reasons, hedges, fillers, another accepted answer, and commas of the answer itself."""
    assert judge_text(text, ["int"]) is Verdict.RIGHT
    assert judge_text("replaced, overwritten", ["replaced", "overwritten"]) is Verdict.RIGHT
    assert judge_text("2, 5, 8", ["[2, 5, 8]"]) is Verdict.RIGHT
    assert judge_text("print(a, b)", ["print(a, b)"]) is Verdict.RIGHT
    assert judge_text("NoneType, so None", ["None"]) is Verdict.RIGHT
    assert judge_text("'small', 10 > 10 is false", ["small"]) is Verdict.RIGHT


ROW = "```python\nprint([4, 5] + [6])\n```\nWhat appears?"


@pytest.mark.parametrize(
    "text",
    [
        "the list [4, 5, 6]", "die liste [4, 5, 6]", "eine liste: [4, 5, 6]", "la liste [4, 5, 6]",
        "la lista [4, 5, 6]", "列表[4, 5, 6]", "4, 5, 6", "4 5 and 6",
    ],
)  # fmt: skip
def test_a_list_may_be_called_one(text: str) -> None:
    """Or be given by its values."""
    assert is_right(text, "[4, 5, 6]", question=ROW, case=True)


@pytest.mark.parametrize(
    "text",
    [
        "{4, 5, 6}", "(4, 5, 6)", "<4, 5, 6>", "it prints {4, 5, 6}",
        "the set [4, 5, 6]", "das tupel [4, 5, 6]",
        "the set {4, 5, 6}", "not the list [4, 5, 6]", "the list [4, 5]", "a list of [4, 5, 6]",
    ],
)  # fmt: skip
def test_a_set_or_a_tuple_is_no_list(text: str) -> None:
    """Neither by its brackets nor by its name."""
    assert not is_right(text, "[4, 5, 6]", question=ROW, case=True)


def test_a_list_is_no_tuple() -> None:
    """Its brackets must be those of the answer."""
    assert is_right("the tuple (4, 5)", "(4, 5)", question=ROW)
    for text in ("[4, 5]", "{4, 5}", "the list (4, 5)"):
        assert not is_right(text, "(4, 5)", question=ROW), text


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("What does `'garden'[:4]` give?", "gard", "garde"),
        ("What does `'garden'[:4]` give?", "gard", "garden"),
        ("What does `'stop' + 's'` give?", "stops", "stop"),
        ('```python\nword = "stone"\nprint(word[1:])\n```\nWhat appears?', "tone", "tones"),
        ('```python\nprint("live"[::-1])\n```\nWas erscheint?', "evil", "evi"),
    ],
)
def test_a_value_has_no_other_form(question: str, right: str, wrong: str) -> None:
    """A word that is cut from, or made of, the texts in the question's code."""
    assert is_right(f"it gives {right}", right, f"the text {right}", question=question)
    assert not is_right(wrong, right, f"the text {right}", question=question)
    assert not is_right(f"it gives {wrong}", right, f"the text {right}", question=question)


def test_words_that_no_text_of_the_code_has_may_have_another_form() -> None:
    """Also beside a longer text, which has nearly all letters."""
    for text in ("'a b'", "'the quick brown fox jumps over the lazy dog'"):
        question = f"What does `{text}.split()` do with the text?"
        assert is_right("it parts the text", "parted", "part", question=question), text
