"""Faults in what concerns teachers: answers they look at first, checks, what learners share."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_MODEL: Final = "tutor_widget/server/tutors/model"
_TEACHING: Final = "tutor_widget/server/tutors/lesson/teaching"
_HELD: Final = "tests/server/tutors/model/test_held_answers.py"
_HOLDING: Final = "tests/server/tutors/model/test_holding.py"
_CHECKS: Final = "tests/server/tutors/lesson/teaching/test_checks.py"

MUTATIONS: Final = (
    Mutation(
        f"{_MODEL}/holding.py",
        '        if course.hold == "none":',
        "        if True:",
        "an answer that a teacher is to look at first streams",
        f"{_HELD}::test_nothing_of_a_held_answer_is_shown_before_it_is_approved",
    ),
    Mutation(
        f"{_MODEL}/holding.py",
        "        turn.hold = True  # what is",
        "        turn.hold = False  # what is",
        "an answer that nobody has seen counts when it is stopped",
        f"{_HELD}::test_a_held_answer_can_be_stopped",
    ),
    Mutation(
        f"{_MODEL}/holding.py",
        "    if voice.found is not None:\n        return",
        "    if voice.found is None:\n        return",
        "what the guard has caught is not looked at",
        f"{_HOLDING}::test_what_the_guard_has_caught_waits_as_the_learner_would_have_got_it",
    ),
    Mutation(
        f"{_MODEL}/holding.py",
        'return "reported" if await turn.reported() else None',
        "return None",
        "a learner who has reported an answer gets the next one unseen",
        f"{_HELD}::test_a_learner_with_an_open_report_gets_what_a_teacher_has_seen",
    ),
    Mutation(
        f"{_MODEL}/holding.py",
        "    if not (voice.has_spoken or voice.found or voice.is_unsure):",
        "    if voice is None:",
        "the lesson waits for a teacher because an endpoint is down",
        f"{_HOLDING}::test_the_lesson_alone_is_not_held_where_its_model_fails",
    ),
    Mutation(
        f"{_MODEL}/unsure.py",
        "        return left.rstrip() or None",
        "        return line",
        "learners read that the model is not sure",
        f"{_HOLDING}::test_a_model_that_is_not_sure_is_looked_at",
    ),
    Mutation(
        f"{_MODEL}/voice.py",
        "        return self._guard.take(said) if self._guard else said",
        "        return self._guard.take(piece) and said if self._guard else said",
        "the guard reads another text than the learner",
        f"{_HOLDING}::test_no_marker_hides_an_answer_from_the_guard",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_maker.py",
        "await self._hold(claim, answer, *deadline_of(turn, self._session.tag))",
        "await self._hold(claim, answer, None, None)",
        "an answer that nobody looks at is held for ever",
        f"{_HELD}::test_nothing_of_a_held_answer_is_shown_before_it_is_approved",
    ),
    Mutation(
        f"{_TEACHING}/at_step.py",
        "    exchange.place.fail()\n",
        "    exchange.place.miss()\n",
        "a check has a second try",
        f"{_CHECKS}::test_a_check_has_one_try",
    ),
    Mutation(
        f"{_TEACHING}/at_step.py",
        '        case "skip" if step.unassisted:',
        '        case "skip" if exchange is None:',
        "a check can be skipped",
        f"{_CHECKS}::test_a_check_cannot_be_skipped",
    ),
    Mutation(
        "tutor_widget/session/queue/requests.py",
        "request.text or None, request.share or None)",
        "request.text or None)",
        "what a learner has agreed to share is lost",
        "tests/session/test_requests.py::test_what_a_report_shares_is_what_was_agreed_to",
    ),
    Mutation(
        "tutor_widget/server/net/inbound.py",
        "frame.reason, frame.share is True)",
        "frame.reason, frame.share is not False)",
        "a server takes silence for consent",
        "tests/server/net/test_requests.py"
        "::test_a_conversation_is_shared_with_teachers_only_by_consent",
    ),
    Mutation(
        "tutor_widget/notebook/commands.py",
        'share = content.get("share") is True',
        'share = bool(content.get("share"))',
        "a page that says nonsense has agreed",
        "tests/notebook/test_requests.py::test_only_what_is_ticked_is_shared",
    ),
    Mutation(
        "js/src/parts/report.ts",
        "share: share.checked",
        "share: true",
        "a report shares what nobody has ticked",
        "js/test/view/transcript/report.test.ts",
    ),
)
