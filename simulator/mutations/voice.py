"""Faults in the tutor with a model: who speaks, what is counted, and what a failure becomes."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_TUTORS: Final = "tutor_widget/server/tutors"
_MODEL: Final = f"{_TUTORS}/model"
_TEACHING: Final = f"{_TUTORS}/lesson/teaching"
_SAID: Final = "tests/server/tutors/lesson/teaching/test_said.py"
_REPLY: Final = "tests/server/tutors/model/test_reply.py"
_BUDGET: Final = "tests/server/tutors/model/test_budget.py"

MUTATIONS: Final = (
    Mutation(
        f"{_TEACHING}/briefing.py",
        "step.hints[:due],",
        "step.hints,",
        "a model is told the hints to come",
        f"{_SAID}::test_a_model_is_told_no_answer_and_no_later_hint",
    ),
    Mutation(
        f"{_TEACHING}/briefing.py",
        "if not gives_away(one.say, step)]",
        "]",
        "a model is told the answer in the words for a mistake",
        f"{_SAID}::test_a_model_is_told_no_answer_and_no_later_hint",
    ),
    Mutation(
        f"{_TEACHING}/at_step.py",
        "    if exchange.step.unassisted:\n        return Said(joined(voiced, after))\n",
        "",
        "a model helps at a check",
        f"{_SAID}::test_at_a_check_nobody_helps",
    ),
    Mutation(
        f"{_TEACHING}/choosing.py",
        "is_silent = not place.is_all_solved or not text",
        "is_silent = not text",
        "a model may tell at the end what can still be tried",
        f"{_SAID}::test_at_the_end_a_model_may_speak_if_nothing_can_be_tried_again",
    ),
    Mutation(
        f"{_TEACHING}/at_step.py",
        "return Said(_hint(exchange).text)  #",
        "return _hint(exchange)  #",
        "a model says the hint that its author wrote",
        f"{_SAID}::test_what_decides_is_the_engines_own",
    ),
    Mutation(
        f"{_MODEL}/voice.py",
        "        self._note(failure)  # the guard",
        "        # the guard",
        "what the guard finds at a reply's end is not noted",
        f"{_REPLY}::test_what_is_found_at_the_end_of_a_reply_is_noted_too",
    ),
    Mutation(
        f"{_MODEL}/voice.py",
        "                    if self.found:\n                        break\n",
        "",
        "the endpoint goes on to be asked for what nobody will see",
        f"{_REPLY}::test_what_gives_the_answer_away_is_replaced_by_the_hint",
    ),
    Mutation(
        f"{_MODEL}/voice.py",
        "return rest + joined(text)[len(text) :]",
        "return rest",
        "what the tutor says itself stands in the code that the model left open",
        f"{_REPLY}::test_an_answer_that_was_too_long_is_complete",
    ),
    Mutation(
        f"{_MODEL}/reply.py",
        "            if voice.has_spoken:\n",
        "            if False:\n",
        "an engine goes on in the middle of a model's sentence",
        f"{_REPLY}::test_a_model_that_breaks_off_fails_the_answer",
    ),
    Mutation(
        f"{_MODEL}/reply.py",
        "                    self._turn.state.pop(_SILENT, None)\n",
        "",
        "a learner is not told that the model is silent once more",
        f"{_REPLY}::test_a_lesson_goes_on_without_its_model",
    ),
    Mutation(
        f"{_MODEL}/reply.py",
        "        elif self._allowance.is_used_up:\n",
        "        elif False:\n",
        "a budget that is used up counts for free questions only",
        f"{_REPLY}::test_a_lesson_goes_on_when_the_budget_is_used_up",
    ),
    Mutation(
        f"{_MODEL}/speaker.py",
        '        turn.state.pop("budget", None)\n',
        "        pass\n",
        "the header says the next day that nothing is left",
        f"{_REPLY}::test_a_new_day_begins_with_a_whole_budget",
    ),
    Mutation(
        f"{_MODEL}/budget.py",
        "return 0 if 0 in named else max(named)",
        "return max(named)",
        "staff without a limit have that of another group",
        f"{_BUDGET}::test_a_group_has_its_own_limit",
    ),
)
