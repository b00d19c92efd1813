"""Faults in reading answers that are code, and errors that learners share."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_CODE: Final = "tests/server/tutors/lesson/code/test_same_code.py"
_ERRORS: Final = "tests/server/tutors/lesson/errors"

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/server/tutors/lesson/code/canonical.py",
        "    plain = all(isinstance(part, _PLAIN) for part in ast.walk(node))\n",
        "    plain = True\n",
        "a condition that guards the next one counts the same behind it",
        f"{_CODE}::test_what_means_something_makes_a_difference",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/code/functions.py",
        "            if weight(whole) * times > WEIGHT:\n",
        "            if False:\n",
        "an answer fills the server's memory",
        f"{_CODE}::test_a_large_value_is_not_made",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/code/valuation.py",
        "    if not _names(right[1]) & given_names <= _names(left[1]):\n",
        "    if False:\n",
        "a constant is right because it is so in all cases",
        f"{_CODE}::test_a_constant_that_is_right_by_chance_is_wrong",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/errors/table.py",
        "        if self.traceback and not any(part in traceback for part in self.traceback):\n",
        "        if False:\n",
        "every KeyError is taken for one of pandas",
        f"{_ERRORS}/test_mistakes.py::test_a_key_error_without_pandas_is_a_dictionarys",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/errors/pattern.py",
        "    if known is not None:\n",
        "    if False:\n",
        "a placeholder that occurs again stands for another text",
        f"{_ERRORS}/test_pattern.py::test_a_placeholder_ends_where_the_next_text_begins",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/errors/pasted.py",
        '            if found[0].endswith("Group"):\n                break  #',
        "            if False:\n                break  #",
        "the last error of a group is taken for all of it",
        f"{_ERRORS}/test_pasted.py::test_a_pasted_error_is_found",
    ),
)
