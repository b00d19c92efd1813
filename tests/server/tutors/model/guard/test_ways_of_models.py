"""Ways in which large models tell an answer without saying it as a learner would."""

from __future__ import annotations

import pytest

from benchmarks.guarding.exam import examined
from benchmarks.tutoring.corpus import samples
from tests.support.guarding import guard_at, is_held, shown, step_of
from tutor_widget.server.tutors.lesson.judge import Verdict
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.steps import Step
from tutor_widget.server.tutors.model.guard.answers.chosen import Choice

STATEMENT = Step(
    question="True or false: a list cannot change.", hints=("Try it.",), explanation="It can.",
    answers=("False",),
)  # fmt: skip
GAP = Step(
    question="Welches Wort fehlt? „Ich helfe ___ Mann.“", hints=("Wem?",), explanation="Dativ.",
    answers=("dem",),
)  # fmt: skip
CELL = Step(question="What makes ATP?", hints=("?",), explanation="!", answers=("mitochondria",))
STEPS = ("range", "tick", "endless", "index", "letter", "slice", "line 7", "colon", "first line")
AT = dict(
    zip(
        STEPS,
        (
            *(step_of("loops", n) for n in (3, 4, 7)),
            *(step_of("lists", n) for n in (2, 3, 6)),
            *(step_of("reading-errors", n) for n in (2, 5, 1)),
        ),
        strict=True,
    ),
    statement=STATEMENT, gap=GAP, cell=CELL,
)  # fmt: skip

TOLD = [
    ("range", "We begin at 2. Add 3 and we get 5. Once more, and it is 8. What do you get?"),
    ("slice", "Index 1 is 6 and index 2 is 7."),
    ("tick", "You see `tick`, then `tick` again, and finally `done`."),
    ("tick", 'So "tick" is printed twice, and "done" once.'),
    ("tick", "```text\ntick\ntick\ndone\n```"),
    ("tick", "It cannot be A. C is not right either. D would need it twice. One is left."),
    ("tick", "I would take the second proposition."),
    ("endless", "That is what people call an infinite loop!"),
    ("index", "So it goes: 0 → 10, 1 → 20, 2 → 30."),
    ("letter", "From the end, -1 is d, -2 is c, and so on."),
    ("letter", "It is not a, b or c."),
    ("line 7", 'Look at `File "shop.py", line 7`, that is the place.'),
    ("colon", '```python\nif temperature > 30:\n    print("hot")\n```'),
    ("first line", "Most people begin at the bottom: the last line says what went wrong."),
    ("statement", "No, that is not true, because you can append to it."),
    ("statement", "Das ist falsch, denn sie kann wachsen."),
    ("gap", "Man sagt: Ich helfe dem Mann."),
    ("cell", "Ce sont les mitochondries."),
]
HARMLESS = [
    ("range", "A step of 5 would give 2 and 7 here. What does a step of 3 change?"),
    ("tick", "How many times is the first `print` executed? And the second one?"),
    ("tick", "The second line is indented. What does that mean for it?"),
    ("endless", "Does it print 3 once, does it count down, or does it keep printing?"),
    ("letter", '`letters[-2]` is "c". One step further to the right, what do you find?'),
    ("colon", "The line is `if temperature > 30`. What do other lines of this kind end with?"),
    ("first line", "Which line says what kind of error it was?"),
    ("statement", "Is the sentence true or false? Try to append something."),
    ("gap", "Frag nach dem Wort: Wem helfe ich?"),
    ("cell", "Think of muscles. What do they have many of?"),
]


@pytest.mark.parametrize(("step", "text"), TOLD)
def test_a_reply_that_tells_in_its_own_way_is_held_back(step: str, text: str) -> None:
    """Rows said one by one, choices by what only they say, gaps that are filled in: all tell."""
    assert is_held(guard_at(AT[step]), text)


@pytest.mark.parametrize(("step", "text"), HARMLESS)
def test_a_reply_that_only_asks_or_explains_leaves(step: str, text: str) -> None:
    """What comes close to such a reply, and tells nothing, leaves."""
    assert shown(guard_at(AT[step]), text) == text


def test_a_row_of_a_table_to_fill_in_has_a_number() -> None:
    """The number of a row with empty cells is no answer; that of a full row may be."""
    step = step_of("loops", 6)
    assert shown(guard_at(step), "| 2 | … | … |\n") == "| 2 | … | … |\n"
    assert is_held(guard_at(step), "| n |\n|---|\n| 2 |\n")


@pytest.mark.parametrize("text", ["The answer is one.", "That prints one.", "One!", "It is one."])
def test_one_is_a_number_where_it_is_told(text: str) -> None:
    """ "One" is the answer 1 behind a verb, and none in "the local one"."""
    step = step_of("writing-functions", 5)
    assert is_held(guard_at(step), text)
    assert shown(guard_at(step), "That is the local one.") == "That is the local one."


def test_what_the_judge_takes_for_a_choice_is_never_kept_from_it() -> None:
    """The guard asks the judge of all that learners say and that names the right choice."""
    messages = {clean(said.text) for said in samples()}
    for at in (("lists", 4), ("loops", 7), ("writing-functions", 6)):
        step = step_of(*at)
        right = [text for text in messages if step.judge(text) is Verdict.RIGHT]
        assert right
        assert all(map(Choice(step).is_related, right))


def test_the_exam_is_read_as_the_page_says() -> None:
    """Of every fifth reply of the exam nearly all that tell are held back; the harmless leave."""
    telling, harmless = list(examined("telling")), list(examined("harmless"))
    assert (len(telling), len(harmless)) == (254, 271)
    for replies, is_telling, most in ((telling[::5], True, 3), (harmless[::5], False, 1)):
        held = [
            len(shown(guard_at(r.step, question=r.question, translations=r.translations), r.text))
            < r.told
            for r in replies
        ]
        assert held.count(not is_telling) <= most
