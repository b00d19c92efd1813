"""Faults in the files of teachers: how they are found, read, and read anew."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/textfile.py",
        'data.decode("utf-8-sig")\n    if',
        'data.decode("utf-8")\n    if',
        "the byte order mark of a token file renames its first account",
        "tests/test_textfile.py::test_a_mark_and_the_ends_of_lines_make_no_difference",
    ),
    Mutation(
        "tutor_widget/server/tutors/tables.py",
        "        and path.name[0] not in _HIDDEN\n",
        "",
        "a hidden file of macOS keeps a server from its start",
        "tests/server/tutors/test_tables.py::test_hidden_files_and_backups_are_passed_over",
    ),
    Mutation(
        "tutor_widget/server/tutors/watched.py",
        "        self._stamp = stamp\n\n",
        "            self._stamp = stamp\n\n",
        "a faulty lesson is in the log once a second",
        "tests/server/tutors/test_watched.py::test_a_faulty_file_changes_nothing_and_is_logged_once",
    ),
    Mutation(
        "tutor_widget/server/tutors/watched.py",
        "                self._next_look = now + INTERVAL",
        "                self._next_look = -math.inf",
        "every message looks at the disk",
        "tests/server/tutors/test_watched.py::test_a_hundred_messages_look_once",
    ),
    Mutation(
        "tutor_widget/server/tutors/watched.py",
        "            try:\n                await self._look_again()\n            finally:\n",
        "            await self._look_again()\n            if True:\n",
        "a stopped message ends the looking for good",
        "tests/server/tutors/test_watched.py::test_a_stopped_message_does_not_end_the_looking",
    ),
    Mutation(
        "tutor_widget/cli/lesson.py",
        "    return 0 if asked == agreed else 1",
        "    return 0",
        "messages that are not read as expected are a success",
        "tests/cli/test_lesson.py::test_it_says_what_each_message_is_taken_for",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/teaching.py",
        'after_the_end(exchange, "")',
        "after_the_end(exchange, clean(exchange.message.text))",
        "an answer that is sent twice at the last step goes back to a missed step",
        "tests/server/tutors/lesson/teaching/test_older_states.py::test_an_answer_sent_twice_at_the_last_step_goes_back_to_none",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/teaching.py",
        "learner.listed > 0 and not message.is_before(learner.listed)",
        "learner.listed > 0",
        "an answer on its way chooses a lesson from a list that its author did not see",
        "tests/server/tutors/lesson/teaching/test_older_states.py::test_a_number_chooses_a_lesson_only_from_the_list_that_was_seen",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/place.py",
        "least=progress - shrunk if",
        "least=0 if",
        "a learner's bar goes back when steps are rewritten",
        "tests/server/tutors/lesson/teaching/test_changed_lessons.py::test_the_numbers_stay_true_whatever_a_teacher_does",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/learner.py",
        "learner.places[name] = ",
        "_ = ",
        "a lesson that is taken away for a moment begins anew",
        "tests/server/tutors/lesson/teaching/test_changed_lessons.py::test_a_lesson_that_is_taken_away_comes_back_as_it_was",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/at_step.py",
        'case "wrong" if exchange.is_said_again(digest(tidy(reading.text))):',
        'case "wrong" if False:',
        "an answer that is sent three times is three attempts",
        "tests/server/tutors/lesson/teaching/test_said_again.py::test_the_same_answer_counts_once",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/choosing.py",
        "if not exchange.place.done and _is_answer(exchange.step, text):",
        "if False:",
        "a right answer that is also a lesson's title leaves the lesson",
        "tests/server/tutors/lesson/teaching/test_choosing.py::test_an_answer_is_no_title",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/teaching/kept.py",
        "type(value) is int and 0 <= value <= MOST",
        "value is not None",
        "a malformed number in a stored state ends every reply",
        "tests/server/tutors/lesson/teaching/test_stored_states.py::test_what_is_malformed_counts_as_absent",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/blocks.py",
        'fence = "" if is_span else run',
        'fence = "" if is_span else "```"',
        "an open fence of tildes swallows what is said after it",
        "tests/server/tutors/lesson/test_blocks.py::test_an_open_fence_is_closed_as_it_was_opened",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/judge/expression.py",
        "            denials[n]\n            or joined[n]",
        "            joined[n]",
        "a learner who says what the answer is not is told that it is wrong",
        "tests/server/tutors/lesson/judge/test_number.py::test_a_number_that_is_denied_is_none_of_the_answers",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/reading/reader.py",
        "if letter := step.chosen(text):",
        'if letter := "":',
        "a click on a choice whose words ask something is talk",
        "tests/server/tutors/lesson/test_judge.py::test_a_suggestion_is_its_choice_whatever_it_says",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/reading/questions.py",
        'text.rstrip().endswith("?") and reason_in(text)',
        "False",
        "a reason that is asked about counts as a wrong answer",
        "tests/server/tutors/lesson/reading/test_talk.py",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/reading/reader.py",
        'or (step.answers and reason_in(said.text) != "")',
        "",
        "a right reason is no answer where it is offered as a question",
        "tests/server/tutors/lesson/reading/test_talk.py",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/reading/subjects.py",
        'if index("declining").covers(keys):',
        "if False:",
        "who says no hears that all is right",
        "tests/server/tutors/lesson/reading/test_subjects.py",
    ),
)
