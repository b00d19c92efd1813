"""Which texts tell an answer, and which do not."""

from __future__ import annotations

import pytest

from tests.support.guarding import guard_at, is_held, shown, step_of

TWENTY = ("lists", 2)
LETTER = ("lists", 3)
CRASH = ("lists", 4)
SCORES = ("lists", 5)
MILK = ("lists", 7)
NONE = ("lists", 10)
HALVED = ("loops", 6)
POTS = ("loops", 11)
PLACE = ("reading-errors", 2)
COLON = ("reading-errors", 5)
MEAN = ("reading-errors", 6)
NOTHING = ("writing-functions", 2)

TOLD = [
    (TWENTY, "So the answer is 20, because Python counts from 0."),
    (
        TWENTY,
        "If you follow the list from the left and count as Python does, you will meet a twenty.",
    ),
    (TWENTY, "Die Antwort lautet zwanzig."),
    (TWENTY, "La réponse est vingt."),
    (TWENTY, "答案是二十。"),
    (TWENTY, "- 20"),
    (TWENTY, "| index | value |\n|---|---|\n| 1 | 20 |"),
    (TWENTY, "Multiply: 2 * 10 = 20."),
    (TWENTY, "The first digit is a 2 and the second digit is a 0."),
    (TWENTY, "It is\n\n20"),
    (TWENTY, "```python\nresult = 20\n```"),
    (TWENTY, "```python\n# it is 20\nx = 1\n```"),
    (PLACE, "It stopped in line 7."),
    (LETTER, 'It is `"d"`.'),
    (CRASH, "It can only be D."),
    (CRASH, "Not A, not B and not C."),
    (CRASH, "It is surely not A. B is wrong, too. And C is wrong as well."),
    (
        CRASH,
        "So Python cannot find such a place, and what you get is an IndexError, as you know it.",
    ),
    (CRASH, "Of A, B, C and D, the right one is D."),
    (CRASH, "It is not A but D."),
    (CRASH, "The fourth choice."),
    (NOTHING, "Nothing is shown on the screen, since nobody calls it."),
    (NOTHING, "B"),
    (SCORES, "First 4, then 8, then 5, then 9."),
    (SCORES, "- 4\n- 8\n- 5\n- 9\n"),
    (
        SCORES,
        "It becomes `[4, 8, 5, 9]` when you follow each line from the first to the last.",
    ),
    (MILK, "```python\nif 'milk' in shopping:\n    print('yes')\n```"),
    (MILK, 'The first half is `"milk" in`. The second half is `shopping`.'),
    (MILK, 'Put "milk", then in, then shopping.'),
    (
        NONE,
        "Whatever list you sort in this way, the thing that is handed back to you is always None.",
    ),
    (NONE, "First letter: N. Second letter: o. Third letter: n. Fourth letter: e."),
    (POTS, "It starts with po and ends with ts."),
    (POTS, "```python\nprint('pots')\n```"),
    (COLON, "You need a `:` there."),
    (COLON, "A colon is what Python would like to see at the end of such a line as this one here."),
    (MEAN, "Python was in mean."),
    (MEAN, "Not report but mean."),
    (
        MEAN,
        "When you follow the calls to the last one, the function is the one that is called mean.",
    ),
]
NOT_TOLD = [
    (TWENTY, "The list `[10, 20, 30]` has the values 10, 20 and 30. Which has the index 1?"),
    (TWENTY, "1. Look at the list.\n2. Count from 0.\n3. Take the value there."),
    (TWENTY, "Which number in the list has the index 1?"),
    (TWENTY, "That would be 20 // 3, and this is 6."),
    (LETTER, '`letters` has the values `"a"`, `"b"`, `"c"` and `"d"`.'),
    (CRASH, "Is it A, B, C or D?"),
    (
        CRASH,
        (
            "- It prints `d`.\n- It prints `None`.\n- It prints an empty line.\n"
            "- Python stops with an `IndexError`.\n\nWhich one is it?"
        ),
    ),
    (
        CRASH,
        (
            "A) It prints `d`.\nB) It prints `None`.\nC) It prints an empty line.\n"
            "D) Python stops with an `IndexError`.\n"
        ),
    ),
    (CRASH, "What is an IndexError?"),
    (NOTHING, "Nothing is wrong with your idea. Go on!"),
    (SCORES, "After the first line `scores` is `[3, 8, 5]`."),
    (MILK, "With numbers it would look like `7 in [3, 5, 7]`."),
    (NONE, "None of the lines changes that."),
    (HALVED, "There are two lines in the loop. Look at line 2, and at `n // 2`."),
    (PLACE, 'Look at the line `File "shop.py", line 7, in <module>` once more.'),
    (COLON, "Read the message slowly: what did Python expect?"),
    (MEAN, "The calls went through `report` and `mean`. Which one was the last?"),
    (MEAN, "What does `mean` do with its values?"),
]


@pytest.mark.parametrize(("at", "text"), TOLD)
@pytest.mark.parametrize("around", ["{}", "Let me think about it.\n\n{}\n\nDoes that help you?"])
def test_what_tells_the_answer_is_held_back(at: tuple[str, int], text: str, around: str) -> None:
    """A sentence that tells the answer does not leave, whatever stands around it."""
    assert is_held(guard_at(step_of(*at)), around.format(text))


@pytest.mark.parametrize(("at", "text"), NOT_TOLD)
def test_what_tells_nothing_leaves(at: tuple[str, int], text: str) -> None:
    """What repeats the question, or speaks of things beside it, leaves."""
    assert shown(guard_at(step_of(*at)), text) == text


@pytest.mark.parametrize("lesson", ["lists", "loops", "reading-errors", "writing-functions"])
def test_the_lesson_may_be_repeated(lesson: str) -> None:
    """A question, its other words, its example and the hints that were given leave at each step."""
    for number in range(1, 10):
        step = step_of(lesson, number)
        for text in (step.question, step.also, step.example, "\n".join(step.hints)):
            assert shown(guard_at(step, hints=len(step.hints)), text) == text


@pytest.mark.parametrize("lesson", ["lists", "loops", "reading-errors", "writing-functions"])
def test_no_solution_leaves(lesson: str) -> None:
    """At each step each of the author's right answers is held back, alone and as "the answer"."""
    for number in range(1, 10):
        step = step_of(lesson, number)
        for text in (*step.answers, step.solution, f"The answer is {step.solution}."):
            assert is_held(guard_at(step), text), (number, text)


def test_an_answer_in_another_language_of_the_lesson_is_held_back() -> None:
    """The words of a choice in a translation of the step tell it, too."""
    from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lesson

    lesson = load_lesson(BUILT_IN / "writing-functions.toml")
    others = tuple(one.steps[1] for one in lesson.translations.values())
    for other in others:
        choice = other.choices["ABCD".index(other.correct)]
        assert is_held(guard_at(lesson.steps[1], translations=others), f"-> {choice}")
