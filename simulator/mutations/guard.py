"""Faults in the guard of the model tutor: what it lets out, or holds back without need."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_GUARD: Final = "tutor_widget/server/tutors/model/guard"
_TESTS: Final = "tests/server/tutors/model/guard"

MUTATIONS: Final = (
    Mutation(
        f"{_GUARD}/guard.py",
        "self.found = self.found or self._find(segment)",
        "self.found = self._find(segment)",
        "behind a sentence that was held back the next one leaves",
        f"{_TESTS}/test_guard.py::test_after_a_finding_nothing_leaves",
    ),
    Mutation(
        f"{_GUARD}/segments.py",
        "if len(self._held) >= MOST:\n            yield self._cut(is_cut=True)\n\n    def _is_item",
        "if False:\n            yield self._cut(is_cut=True)\n\n    def _is_item",
        "a sentence without an end is held back without a limit",
        f"{_TESTS}/test_guard.py::test_no_more_than_400_characters_are_held_back",
    ),
    Mutation(
        f"{_GUARD}/segments.py",
        "self._is_stopped = is_enough",
        "self._is_stopped = False",
        "a sentence waits for the end of its line",
        f"{_TESTS}/test_guard.py::test_a_sentence_leaves_when_it_has_ended",
    ),
    Mutation(
        f"{_GUARD}/visible.py",
        "c not in _INVISIBLE and unicodedata.category(c) not in _HIDDEN",
        "c not in _INVISIBLE",
        "an answer with invisible characters in it leaves",
        f"{_TESTS}/test_disguises.py",
    ),
    Mutation(
        f"{_GUARD}/disguises.py",
        "            yield from decoded(found, depth - 1)\n",
        "",
        "an answer that is encoded twice leaves",
        f"{_TESTS}/test_disguises.py",
    ),
    Mutation(
        f"{_GUARD}/answers/__init__.py",
        "        if form.is_meant:",
        "        if False:",
        "a number that is written backwards leaves",
        f"{_TESTS}/test_disguises.py",
    ),
    Mutation(
        f"{_GUARD}/guard.py",
        "        self._singles.extend(singles(piece.plain))\n",
        "",
        "an answer that is spelt over several sentences leaves",
        f"{_TESTS}/test_answers.py",
    ),
    Mutation(
        f"{_GUARD}/answers/chosen.py",
        "self._denied |= self._choice.denied(text)",
        "self._denied = self._choice.denied(text)",
        "all other choices may be denied, one in each sentence",
        f"{_TESTS}/test_answers.py",
    ),
    Mutation(
        f"{_GUARD}/answers/__init__.py",
        "        if not _is_question(text):\n            return True\n",
        "        return True\n",
        "a question that names a word of a choice is held back",
        f"{_TESTS}/test_answers.py::test_what_tells_nothing_leaves",
    ),
    Mutation(
        f"{_GUARD}/answers/numeric.py",
        "or self._is_count(behind)",
        "or False",
        "two lines in the loop are taken for the answer 2",
        f"{_TESTS}/test_answers.py::test_what_tells_nothing_leaves",
    ),
    Mutation(
        f"{_GUARD}/answers/chosen.py",
        "if len(set(letters.values())) > 1 or _is_verdict(text):",
        "if len(set(letters.values())) > 9:",
        "a sentence that names all choices, and the right one twice, leaves",
        f"{_TESTS}/test_answers.py",
    ),
    Mutation(
        f"{_GUARD}/guard.py",
        "if any(answers.is_even(piece.plain) for answers in self._answers):",
        "if False:",
        "the choices cannot be listed, since one of them is right",
        f"{_TESTS}/test_answers.py::test_what_tells_nothing_leaves",
    ),
    Mutation(
        f"{_GUARD}/quotes.py",
        'return "`…`"',
        "return match[0]",
        "a line of the question cannot be quoted",
        f"{_TESTS}/test_answers.py::test_what_tells_nothing_leaves",
    ),
    Mutation(
        f"{_GUARD}/code.py",
        "        self._new += _statements(new)\n",
        "        self._new = _statements(new)\n",
        "many short blocks of code are no long one",
        f"{_TESTS}/test_code.py::test_the_lines_of_a_reply_count_together",
    ),
    Mutation(
        f"{_GUARD}/code.py",
        "return self._new > MOST_LINES or self._is_solution(code)",
        "return self._new > MOST_LINES",
        "the task that is attached gets solved",
        f"{_TESTS}/test_code.py::test_the_attached_task_is_not_solved",
    ),
    Mutation(
        f"{_GUARD}/prompt_runs.py",
        "for run in _runs(text, self._reply))",
        "for run in _runs(text[:1], self._reply))",
        "the system prompt leaves",
        f"{_TESTS}/test_guard.py::test_words_of_the_prompt_do_not_leave",
    ),
    Mutation(
        f"{_GUARD}/answers/rows.py",
        "        if not self._rows.new:\n",
        "        if True:\n",
        "a row of numbers leaves if it is said one by one",
        f"{_TESTS}/test_ways_of_models.py",
    ),
    Mutation(
        f"{_GUARD}/answers/chosen.py",
        "        return any(key[:_FORM] in self._near or key.isdecimal() for key in keys)",
        "        return any(key in self._near for key in keys)",
        "the judge is not asked of words in other forms",
        f"{_TESTS}/test_ways_of_models.py",
    ),
)
