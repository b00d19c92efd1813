"""Faults of the store in PostgreSQL. Their judges need a PostgreSQL."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_POSTGRES: Final = "tutor_widget/server/store/postgres"
_COMMITS: Final = "tests/server/store/postgres/test_commits.py"

MUTATIONS: Final = (
    Mutation(
        f"{_POSTGRES}/lane.py",
        "if self._is_unproven and await tx.happened():",
        "if False:",
        "a commit to PostgreSQL whose result was lost happens twice",
        "tests/server/store/test_lost_results.py",
    ),
    Mutation(
        f"{_POSTGRES}/lane.py",
        "await tx.lock(names | near)",
        "await tx.lock(names)",
        "two nodes both write into the last room of an account",
        f"{_COMMITS}::test_two_nodes_do_not_both_fill_an_account",
    ),
    Mutation(
        f"{_POSTGRES}/answers.py",
        "if not is_free(session.owner, ",
        "if session.owner != call.lease.owner and not is_free(session.owner, ",
        "a node takes the lease from a reply of its own in PostgreSQL",
        "tests/server/store/test_answers.py::test_a_lease_keeps_others_out",
    ),
    Mutation(
        f"{_POSTGRES}/lane.py",
        "is_first = job.key not in others",
        "is_first = True",
        "a message overtakes the answer that was written before it",
        f"{_COMMITS}::test_writes_of_one_session_keep_their_order_in_a_batch",
    ),
    Mutation(
        f"{_POSTGRES}/answers.py",
        "return session if session is not None and session.fence == claim.fence else None",
        "return session",
        "an answer is written whose claim was given back",
        f"{_COMMITS}::test_an_answer_that_came_too_late_concerns_no_other",
    ),
    Mutation(
        f"{_POSTGRES}/lane.py",
        "(together if is_first and isinstance(job.run, Call) else rest).append(job)",
        "(together if is_first and isinstance(job.run, Append) else rest).append(job)",
        "each answer of a batch costs statements of its own",
        f"{_COMMITS}::test_many_answers_cost_as_many_statements_as_one",
    ),
    Mutation(
        f"{_POSTGRES}/answers.py",
        "        if message not in known.waiting:",
        "        if False:",
        "a message that waits no more is answered again in PostgreSQL",
        f"{_COMMITS}::test_a_message_that_was_answered_is_not_answered_again",
    ),
    Mutation(
        f"{_POSTGRES}/lane.py",
        "            await tx.read_stored(near)",
        "            pass",
        "an account near its limit is measured by what it had before others wrote",
        f"{_COMMITS}::test_two_nodes_do_not_both_fill_an_account",
    ),
    Mutation(
        f"{_POSTGRES}/listener.py",
        "pg_snapshot_xmin",
        "pg_snapshot_xmax",
        "a commit that takes long is told to nobody",
        f"{_COMMITS}::test_a_commit_that_nothing_announced_is_found",
    ),
    Mutation(
        f"{_POSTGRES}/engine.py",
        "return max(self._writer.stalled(), self._listener.away())",
        "return self._writer.stalled()",
        "an idle server is ready although its database is away",
        "tests/server/test_database_away.py::test_an_idle_server_is_not_ready_without_its_database",
    ),
    Mutation(
        f"{_POSTGRES}/log.py",
        "WHERE before < $4",
        "WHERE before < $4 + 1000000000",
        "a page fetches far more than it needs",
        f"{_COMMITS}::test_a_page_takes_no_more_than_it_needs",
    ),
    Mutation(
        f"{_POSTGRES}/connections.py",
        'if "\\x1a" in text or "\\0" in text:',
        "if False:",
        "a message with U+0000 is not kept",
        f"{_COMMITS}::test_u_0000_may_be_anywhere",
    ),
    Mutation(
        f"{_POSTGRES}/writer.py",
        "for job in self._unsettled.values() if not job.alone), None)",
        "for job in self._unsettled.values()), None)",
        "retention that waits for a lock makes the server close its connections",
        f"{_COMMITS}::test_retention_that_waits_makes_no_server_unready",
    ),
    Mutation(
        f"{_POSTGRES}/listener.py",
        "prune_at and await _prune(connection):",
        "prune_at and (await _prune(connection) or True):",
        "the table of commits grows under load",
        f"{_COMMITS}::test_proofs_are_deleted_as_fast_as_they_come",
    ),
    Mutation(
        f"{_POSTGRES}/writer.py",
        "                self._outage.note(self._reason)\n",
        "",
        "nobody is told why PostgreSQL takes no writes",
        "tests/server/store/postgres/test_outage.py::test_writes_wait_for_the_database",
    ),
    Mutation(
        f"{_POSTGRES}/answers.py",
        '" WHERE held_until <= (SELECT unix_ms())',
        '" WHERE held_until <= 0 * (SELECT unix_ms())',
        "an answer whose time is over is held for ever in PostgreSQL",
        "tests/server/store/test_held.py::test_an_answer_is_overdue_when_its_time_is_over",
    ),
    Mutation(
        f"{_POSTGRES}/listing.py",
        '" state = excluded.state, shared',
        '" shared',
        "a message that is reported again stays settled in PostgreSQL",
        "tests/server/store/test_reports.py::test_a_report_is_settled_and_opened_again",
    ),
    Mutation(
        f"{_POSTGRES}/publications.py",
        "data = $3 WHERE cell = $1 AND number = $2",
        "data = $3 WHERE cell = $1 AND number >= $2",
        "who publishes in PostgreSQL overwrites what was published meanwhile",
        "tests/server/store/test_publications.py::test_of_those_who_publish_at_once_one_does",
    ),
    Mutation(
        f"{_POSTGRES}/lane.py",
        "            await tx.flush()\n",
        "            pass\n",
        "what is called behind a message in one turn does not see it in PostgreSQL",
        "tests/server/store/test_same_outcomes.py",
    ),
    Mutation(
        f"{_POSTGRES}/connections.py",
        "SET plan_cache_mode = force_generic_plan;\n",
        "",
        "PostgreSQL plans each batch anew",
        f"{_COMMITS}::test_a_statement_is_planned_once",
    ),
    Mutation(
        f"{_POSTGRES}/connections.py",
        "SET enable_seqscan = off;\n",
        "",
        "PostgreSQL reads whole tables for each batch until they were analyzed",
        f"{_COMMITS}::test_no_table_is_read_whole_before_it_was_analyzed",
    ),
    Mutation(
        f"{_POSTGRES}/writer.py",
        "        self._helper = None\n        if self._ready:\n            self._wake_lane()\n",
        "        self._helper = None\n",
        "one session that waits for a lock holds up all others in PostgreSQL",
        f"{_COMMITS}::test_a_session_that_waits_for_a_lock_holds_up_no_other",
    ),
    Mutation(
        f"{_POSTGRES}/writer.py",
        "if len(self._idle) == _LANES:",
        "if self._idle:",
        "each message is a commit of its own in PostgreSQL",
        f"{_COMMITS}::test_what_comes_during_a_commit_is_the_next_one",
    ),
)
