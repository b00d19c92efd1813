"""Faults in what holds for a course, and in what a model is given."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_TUTORS: Final = "tutor_widget/server/tutors"
_PROMPT: Final = f"{_TUTORS}/model/prompt"
_COURSE: Final = "tests/server/tutors/test_course.py"
_CLOSED: Final = "tests/server/tutors/lesson/test_closed.py"
_MESSAGES: Final = "tests/server/tutors/model/prompt/test_messages.py"

MUTATIONS: Final = (
    Mutation(
        f"{_TUTORS}/course.py",
        "Closed(min(begins), max(ends),",
        "Closed(begins[0], ends[0],",
        "an exam ends an hour early in the night in which clocks are put back",
        f"{_COURSE}::test_a_time_that_comes_twice_closes_for_longer",
    ),
    Mutation(
        f"{_TUTORS}/course.py",
        "replace(found, to=until)",
        "found",
        "a learner is told to come back in the middle of the next exam",
        f"{_COURSE}::test_hours_that_overlap_are_told_as_one",
    ),
    Mutation(
        f"{_TUTORS}/course.py",
        "if time.tzinfo is None and zone is None:",
        "if False:",
        "an exam is at a time of the server's own zone",
        f"{_COURSE}::test_a_fault_names_file_and_key",
    ),
    Mutation(
        f"{_TUTORS}/course.py",
        "(folder / name).resolve()  #",
        "(folder / name).absolute()  #",
        "a symbolic link gives a file of the server to a model",
        f"{_COURSE}::test_a_fault_names_file_and_key",
    ),
    Mutation(
        f"{_TUTORS}/watched_course.py",
        '"course", partial(_material_of, path))',
        '"course")',
        "changed material is not seen",
        f"{_COURSE}::test_a_changed_file_and_changed_material_are_seen",
    ),
    Mutation(
        f"{_TUTORS}/tables.py",
        "        and path.name.lower() != COURSE_FILE\n",
        "",
        "a course keeps the server of its lessons from its start",
        f"{_CLOSED}::test_the_course_s_file_is_no_lesson",
    ),
    Mutation(
        f"{_TUTORS}/lesson/tutor.py",
        "            yield closed\n            return\n",
        "            yield closed\n",
        "an answer counts in closed hours",
        f"{_CLOSED}::test_every_message_is_answered_with_that_sentence_alone",
    ),
    Mutation(
        f"{_TUTORS}/lesson/tutor.py",
        "            return closed\n",
        "            pass\n",
        "a new conversation asks its first question during the exam",
        f"{_CLOSED}::test_a_conversation_that_begins_in_closed_hours_begins_after_them",
    ),
    Mutation(
        f"{_TUTORS}/lesson/closed.py",
        "hours.to.astimezone(course.timezone)",
        "hours.to",
        "the end of an exam is told in another zone than the one that is named",
        f"{_CLOSED}::test_day_and_time_are_of_the_course_s_zone",
    ),
    Mutation(
        f"{_PROMPT}/blocks.py",
        "_longest_run(text) + 1)",
        "_longest_run(text))",
        "a learner's text ends its block, and the rest of it are orders",
        "tests/server/tutors/model/prompt/test_blocks.py::test_a_block_gives_back_exactly_its_text",
    ),
    Mutation(
        f"{_PROMPT}/blocks.py",
        "max(room - around, room // 4)",
        "max(room - around, 100)",
        "a line of backticks takes more than its room",
        "tests/server/tutors/model/prompt/test_blocks.py::test_a_block_fits_its_room",
    ),
    Mutation(
        f"{_PROMPT}/messages.py",
        "filter(_is_said, reversed(history))",
        "filter(_is_said, history)",
        "of a long conversation the model hears the beginning",
        f"{_MESSAGES}::test_the_oldest_is_left_out_first",
    ),
    Mutation(
        f"{_PROMPT}/messages.py",
        'if spoken[0].role == "assistant":',
        "if False:",
        "a conversation that the tutor began is refused by the endpoint",
        f"{_MESSAGES}::test_roles_alternate_and_nothing_is_blank",
    ),
    Mutation(
        f"{_PROMPT}/messages.py",
        "min(budget // 2, room - LEAST)",
        "room - LEAST",
        "material leaves no room for the conversation",
        f"{_MESSAGES}::test_material_takes_half_of_the_room_at_most",
    ),
    Mutation(
        f"{_PROMPT}/instructions.py",
        'else f"the language with the code {tag[0]}"',
        'else f"the language with the code {lang}"',
        "a client's language tag gives orders to the model",
        "tests/server/tutors/model/prompt/test_instructions.py::test_the_language_is_told",
    ),
)
