"""Faults in the teachers' dashboard: who sees what, what is written, and what figures tell."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_HERE: Final = "tutor_widget/dashboard"
_WEB: Final = "tests/dashboard/web"
_FIGURES: Final = "tests/dashboard/figures"

MUTATIONS: Final = (
    Mutation(
        f"{_HERE}/roles.py",
        "    return EVERY in mine or not mine.isdisjoint(theirs)",
        "    return bool(mine)",
        "a teacher sees learners of all groups",
        "tests/dashboard/test_roles.py",
    ),
    Mutation(
        f"{_HERE}/roles.py",
        "    return report.shared and may_read(teacher, report)",
        "    return may_read(teacher, report)",
        "what is around a report is shown although nobody shared it",
        f"{_WEB}/test_reports.py::test_only_what_is_shared_is_read",
    ),
    Mutation(
        f"{_HERE}/web/live.py",
        "        return listed is not None and may_read(self.teacher, listed)",
        "        return True",
        "a stream tells when learners of other groups write",
        f"{_WEB}/test_security.py::test_a_stream_tells_nothing_of_a_learner_of_another_group",
    ),
    Mutation(
        f"{_HERE}/web/held.py",
        "            case Answered() as answered if _is_stopped(answered):\n",
        "            case Answered() as answered if not answered:\n",
        "a teacher is told that a stopped answer was sent",
        f"{_WEB}/test_held.py::test_an_answer_that_its_learner_stopped_is_not_said_to_be_sent",
    ),
    Mutation(
        f"{_HERE}/web/held.py",
        "            place = answer.account, answer.name, answer.re",
        '            place = answer.account, answer.name, ""',
        "a look at a second answer of the same learner is in no audit",
        f"{_WEB}/test_held.py::test_each_answer_that_is_shown_is_in_the_audit",
    ),
    Mutation(
        f"{_HERE}/web/notices.py",
        "store.notice(key, notice, self.teacher.name,",
        "store.notice(key, new_id(), self.teacher.name,",
        "a form that is sent again is a second notice",
        f"{_WEB}/test_learners.py::test_a_notice_is_written_exactly_once",
    ),
    Mutation(
        f"{_HERE}/web/notices.py",
        "self.teacher.name, text, answers=answers)",
        "self.teacher.name, text)",
        "an answered report stays open",
        f"{_WEB}/test_reports.py::test_an_answer_is_a_notice_and_settles_the_report",
    ),
    Mutation(
        f"{_HERE}/follow/reports.py",
        'if one.at >= oldest or one.state == "open"',
        "if one.at >= oldest",
        "an old report that is open is listed nowhere",
        "tests/dashboard/follow/test_follower.py"
        "::test_a_report_that_is_open_is_listed_however_old_it_is",
    ),
    Mutation(
        f"{_HERE}/web/learners.py",
        "        if not is_unknown:\n",
        "        if search:\n",
        "who is at which step is seen without a line in the audit",
        f"{_WEB}/test_learners.py::test_the_list_of_learners_is_in_the_audit",
    ),
    Mutation(
        f"{_HERE}/web/reports.py",
        "            if report.reason:\n",
        "            if not report.reason:\n",
        "reasons of reports are read in the list without a line in the audit",
        f"{_WEB}/test_reports.py::test_each_look_at_a_report_and_each_answer_is_in_the_audit",
    ),
    Mutation(
        f"{_HERE}/web/reports.py",
        "            if settled is True:\n",
        "            if settled is None:\n",
        "a report is closed, and no line of the audit says by whom",
        f"{_WEB}/test_reports.py::test_each_look_at_a_report_and_each_answer_is_in_the_audit",
    ),
    Mutation(
        f"{_HERE}/web/page.py",
        'for name in ("text", "reason", "q")]',
        'for name in ("reason", "q")]',
        "words to a conversation that was deleted meanwhile are lost",
        f"{_WEB}/test_learners.py::test_a_notice_to_a_conversation_that_was_deleted_is_kept",
    ),
    Mutation(
        f"{_HERE}/follow/published.py",
        "        for listed in self.figures.conversations():\n",
        "        for listed in ():\n",
        "with a lesson that is changed all that was said is forgotten",
        "tests/dashboard/follow/test_published.py"
        "::test_a_changed_lesson_is_in_force_with_all_that_was_said",
    ),
    Mutation(
        "tutor_widget/server/tutors/watched.py",
        "            self.fault = str(error)\n",
        "",
        "nobody is told that a lesson is not in force",
        "tests/server/tutors/test_watched.py"
        "::test_a_faulty_file_changes_nothing_and_is_logged_once",
    ),
    Mutation(
        "tutor_widget/server/store/postgres/listener.py",
        "            await connection.add_listener(CHANNEL, self._on_notification)\n",
        "            await connection.add_listener(CHANNEL, lambda *_: None)\n",
        "a note comes with the next look at the database, and not at once",
        "tests/dashboard/test_with_a_server.py::test_a_note_waits_for_no_clock",
    ),
    Mutation(
        f"{_HERE}/web/class_pages/rows.py",
        'found["code"] or found["words"]',
        'found["words"] or (found["code"] or "").replace("*", "")',
        "a row drops the asterisks of a question's code",
        f"{_WEB}/class_pages/test_rows.py::test_a_question_on_one_line",
    ),
    Mutation(
        f"{_HERE}/figures/ledger.py",
        "LEAST: Final = 5",
        "LEAST: Final = 4",
        "figures of four learners are shown",
        f"{_FIGURES}/test_ledger.py",
    ),
    Mutation(
        f"{_HERE}/figures/ledger.py",
        "        for differed in reversed(self._log[1:]):",
        "        for differed in ():",
        "a value is compared with the last one only",
        f"{_FIGURES}/test_ledger.py",
    ),
    Mutation(
        f"{_HERE}/figures/contribution.py",
        "if one.standing.here == step and one.active > since]",
        "if one.standing.here == step]",
        "who went home a week ago is at a step for ever",
        f"{_FIGURES}/test_class_figures.py::test_who_is_quiet_for_an_hour_is_not_there_any_more",
    ),
    Mutation(
        f"{_HERE}/figures/conversation.py",
        "        if at - self.active >= THERE:\n            self._entered = self._moved = at\n",
        "",
        "who went home is said to have been at a step all night",
        f"{_FIGURES}/test_class_figures.py::test_who_is_back_on_another_day_has_just_come",
    ),
    Mutation(
        f"{_HERE}/figures/conversation.py",
        "                self._spoke = event.at",
        "                self._spoke = self._heard = event.at",
        "who went home is there because of an answer that comes late",
        f"{_FIGURES}/test_class_figures.py::test_an_answer_that_comes_late_brings_nobody_back",
    ),
    Mutation(
        f"{_HERE}/templates/learners.html",
        "place_of(row.key) if is_told(row.key) else None",
        "place_of(row.key)",
        "the list says where learners are who were not told that anybody reads along",
        f"{_WEB}/class_pages/test_attacker.py",
    ),
    Mutation(
        f"{_HERE}/follow/published.py",
        "        self._tell_full()\n",
        "",
        "a figure stays as it is for ever, and nobody is told",
        "tests/dashboard/follow/test_published.py::test_a_figure_that_is_full_is_told_of_once",
    ),
    Mutation(
        f"{_HERE}/figures/contribution.py",
        "        return sums[0] > learners ",
        "        return True ",
        "what another version has published is read as a time in 1970",
        f"{_FIGURES}/test_class_figures.py::test_a_value_of_another_version_is_not_shown",
    ),
    Mutation(
        f"{_HERE}/figures/class_figures.py",
        "        self._now = now ",
        "        self._now = max(now, self._now) ",
        "a clock that was a day ahead once empties the class for a day",
        f"{_FIGURES}/test_class_figures.py"
        "::test_a_clock_that_was_wrong_once_sends_nobody_away_for_long",
    ),
    Mutation(
        f"{_HERE}/auth/scopes.py",
        '        elif kind == "group" and value and value != EVERY:',
        '        elif kind == "group" and value:',
        "a group of the name * is all groups",
        "tests/dashboard/auth/test_scopes.py",
    ),
    Mutation(
        f"{_HERE}/auth/tokens.py",
        "if not (name.strip() and name.isprintable() and len(name) <= MAX_NAME):",
        "if not name.isprintable():",
        "a teacher's notice ends the chats of those who read it",
        "tests/dashboard/auth/test_tokens.py",
    ),
    Mutation(
        "js/src/dashboard/times.ts",
        "  const now = Date.now() - ahead;",
        "  const now = Date.now();",
        "how long learners are at a step depends on the clock of the teacher's laptop",
        "js/test/dashboard/times.test.ts",
    ),
    Mutation(
        "js/src/dashboard/replace.ts",
        "  sayAges(page); //",
        "  //",
        "a screen reader says that a page has changed when only time has passed",
        "js/test/dashboard/replace.test.ts",
    ),
    Mutation(
        "js/src/dashboard/morph.ts",
        "  if (isHidden(now) && now.form && holdsWords(now.form)) return;\n",
        "",
        "a notice that is sent once more gets another id, and is there twice",
        "js/test/dashboard/morph.test.ts",
    ),
)
