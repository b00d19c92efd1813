"""Faults of the store, and of what the server makes of it."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_SQLITE: Final = "tutor_widget/server/store/sqlite"
_ROWS: Final = "tutor_widget/server/store/rows.py"
_HELD: Final = "tests/server/store/test_held.py"
_REPORTS: Final = "tests/server/store/test_reports.py"
_ELSEWHERE: Final = "tests/server/test_another_process.py"

MUTATIONS: Final = (
    Mutation(
        f"{_SQLITE}/writer.py",
        "if self._unproven is None or not self._unproven.happened():",
        "if True:",
        "a commit whose result was lost happens twice",
        "tests/server/store/test_lost_results.py",
    ),
    Mutation(
        f"{_SQLITE}/answers.py",
        "    if not is_free(owner, until, now()):  # also",
        "    if owner != lease.owner and not is_free(owner, until, now()):  # also",
        "a node takes the lease from a reply of its own",
        "tests/server/store/test_answers.py::test_a_lease_keeps_others_out",
    ),
    Mutation(
        "tutor_widget/server/sessions/registry.py",
        " or live.is_catching_up:",
        ":",
        "one session is in memory twice, and both answer",
        "tests/server/sessions/test_registry.py::test_a_session_stays_while_it_reads",
    ),
    Mutation(
        f"{_SQLITE}/answers.py",
        " AND owner = ? AND until > ?",
        " AND owner = ? AND until > ? - 1000000",
        "a lease that has expired is taken back silently",
        "tests/server/store/test_answers.py::test_a_lease_that_has_expired_is_not_renewed",
    ),
    Mutation(
        f"{_SQLITE}/answers.py",
        "    if held is not None:",
        "    if held is None and stopped:",
        "an answer that waits for approval is generated again",
        "tests/server/store/test_held.py::test_a_held_answer_waits_for_a_person",
    ),
    Mutation(
        _ROWS,
        "    if row.is_stopped:\n",
        "    if not held:\n",
        "a held answer is shown although it was stopped",
        "tests/server/store/test_held.py::test_a_held_answer_may_be_stopped",
    ),
    Mutation(
        f"{_SQLITE}/erasure.py",
        "    if days > 0:",
        "    if days < 0:",
        "an erased conversation begins again at once",
        "tests/server/store/test_sessions.py",
    ),
    Mutation(
        f"{_SQLITE}/schema.py",
        "key INTEGER PRIMARY KEY AUTOINCREMENT",
        "key INTEGER PRIMARY KEY",
        "the key of an erased session is used again",
        "tests/server/store/test_sessions.py::test_a_key_is_never_used_again",
    ),
    Mutation(
        f"{_SQLITE}/schema.py",
        'PARTS: Final = ("members", "events",',
        'PARTS: Final = ("members",',
        "an erased conversation stays in the database",
        "tests/server/store/sqlite/test_wiping.py",
    ),
    Mutation(
        f"{_SQLITE}/schema.py",
        "SELECT session, seq, id, role, text, at, status, re, context FROM old_events",
        "SELECT session, seq, id, role, text, at, status, re, NULL FROM old_events",
        "contexts of 0.1 are lost in the migration",
        "tests/server/store/sqlite/test_migration.py::test_a_database_of_0_1_goes_on",
    ),
    Mutation(
        f"{_SQLITE}/opening.py",
        "    if (version := _format(db)) < VERSION:",
        "    if (version := _format(db)) <= VERSION:",
        "two processes that start together migrate twice",
        "tests/server/store/sqlite/test_migration.py",
    ),
    Mutation(
        f"{_SQLITE}/opening.py",
        "PRAGMA secure_delete = ON",
        "PRAGMA secure_delete = OFF",
        "erased words stay in freed pages",
        "tests/server/store/sqlite/test_wiping.py",
    ),
    Mutation(
        f"{_SQLITE}/writer.py",
        'connection.execute("VACUUM")',
        "pass",
        "erased words stay in the slack of pages",
        "tests/server/store/sqlite/test_wiping.py::test_nothing_stays_in_pages_that_were_rebalanced",
    ),
    Mutation(
        f"{_SQLITE}/log.py",
        "    tx.grow(end.account, more)\n",
        "",
        "what an account stores is not counted",
        "tests/server/store/test_messages.py::test_an_account_stores_as_much_as_it_may",
    ),
    Mutation(
        f"{_SQLITE}/log.py",
        " + tx.growth(account)",
        "",
        "what is written at the same time finds room that is not there",
        "tests/server/store/test_messages.py::test_what_is_written_at_the_same_time_counts",
    ),
    Mutation(
        _ROWS,
        "_MOST_ESCAPED: Final = 6",
        "_MOST_ESCAPED: Final = 1",
        "a page of control characters is larger than the protocol allows",
        "tests/server/store/test_messages.py::test_a_page_is_bounded_by_its_bytes_of_json",
    ),
    Mutation(
        f"{_SQLITE}/log.py",
        "    if has_waiting:",
        "    if False:",
        "a message is answered before the one that waits",
        "tests/server/store/test_answers.py"
        "::test_a_message_behind_another_is_not_claimed_when_it_is_written",
    ),
    Mutation(
        f"{_SQLITE}/log.py",
        "0 if lease is None else 1",
        "0",
        "the attempt that begins with its message is not counted",
        "tests/server/store/test_answers.py::test_a_message_may_be_claimed_when_it_is_written",
    ),
    Mutation(
        f"{_SQLITE}/log.py",
        "    if behind is not None and",
        "    if behind == 0 and",
        "a message is written although the one before it was refused",
        "tests/server/store/test_messages.py::test_a_message_does_not_overtake_one_that_was_refused",
    ),
    Mutation(
        "tutor_widget/server/net/inbound.py",
        "behind = self._newest if self._unacked else None",
        "behind = None",
        "room that is made lets a message overtake one that was refused",
        "tests/server/net/test_account_limits.py::test_room_that_is_made_lets_nothing_overtake",
    ),
    Mutation(
        f"{_SQLITE}/erasure.py",
        "    _give_bytes_back(tx, key, size)\n    for table",
        "    for table",
        "an account stays full after it has erased",
        "tests/server/store/test_messages.py::test_what_was_erased_frees_its_bytes",
    ),
    Mutation(
        f"{_SQLITE}/erasure.py",
        "for (key,) in rows if key not in spare)",
        "for (key,) in rows)",
        "retention deletes a conversation that somebody has open",
        "tests/server/store/test_people.py::test_old_sessions_expire_without_a_mark",
    ),
    Mutation(
        f"{_SQLITE}/transaction.py",
        "oldest > after + 1:",
        "oldest > 0:",
        "each commit of another process makes all sessions read",
        "tests/server/store/test_changes.py",
    ),
    Mutation(
        f"{_SQLITE}/transaction.py",
        "number > ? AND node <> ?",
        "number > ? AND node = ?",
        "what other processes commit is not told",
        "tests/server/store/test_changes.py",
    ),
    Mutation(
        "tutor_widget/server/sessions/registry.py",
        "    return isinstance(keys, All) or live.key in keys",
        "    return bool(keys)",
        "a change of one session makes all of them read",
        "tests/server/sessions/test_live.py::test_a_commit_of_another_process_makes_one_session_read",
    ),
    Mutation(
        "tutor_widget/server/sessions/registry.py",
        "else waiting & self._waited",
        "else waiting",
        "a node begins the answer that another is about to begin",
        "tests/server/sessions/test_registry.py::test_the_node_that_took_a_message_begins_its_answer",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "            listener.drop(why)",
        "            pass",
        "a connection outlives its erased conversation",
        "tests/server/sessions/test_live.py::test_a_session_that_another_process_erased_is_closed",
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "            await asyncio.sleep(_TAKE_OVER)",
        "            await self._until_in_use(); await asyncio.sleep(_TAKE_OVER)",
        "an idle server leaves what a killed one began",
        "tests/server/test_shared_database.py::test_an_idle_process_takes_over_from_a_killed_one",
    ),
    Mutation(
        f"{_SQLITE}/answers.py",
        '" WHERE held_until <= ? ORDER BY',
        '" WHERE held_until < 0 * ? ORDER BY',
        "an answer whose time is over is held for ever",
        f"{_HELD}::test_an_answer_is_overdue_when_its_time_is_over",
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "                await self._registry.publish_overdue()\n",
        "",
        "no node publishes an answer whose time is over",
        f"{_ELSEWHERE}::test_it_goes_out_where_nobody_is_connected",
    ),
    Mutation(
        _ROWS,
        "return self.otherwise if by is None and is_over else None",
        "return self.otherwise if is_over else None",
        "what a person has approved is replaced because its time was over",
        f"{_HELD}::test_a_person_may_approve_after_the_time",
    ),
    Mutation(
        f"{_SQLITE}/answers.py",
        'AND id = ? AND held IS NOT NULL"  # noqa: S608\n'
        "    if (row := tx.execute(query, (key, re)).fetchone()) is None:\n"
        "        return None if exists(tx.db, key) else Erased()\n"
        "    _end_waiting(tx, key, re)\n",
        'AND id = ? AND held IS NOT NULL"  # noqa: S608\n'
        "    if (row := tx.execute(query, (key, re)).fetchone()) is None:\n"
        "        return None if exists(tx.db, key) else Erased()\n"
        '    tx.execute("UPDATE events SET re = NULL WHERE session = ? AND re = ?", (key, re))\n'
        '    if re.endswith("?"):\n'
        "        _end_waiting(tx, key, re)\n",
        "two people approve an answer twice",
        f"{_HELD}::test_of_two_approvals_the_first_counts",
    ),
    Mutation(
        f"{_SQLITE}/listing.py",
        '    row = (key, event_id, reason, tx.now, "open", shared)\n',
        '    query = "SELECT state FROM reports WHERE session = ? AND event = ?"\n'
        '    known = tx.execute(query, (key, event_id)).fetchone() or ("open",)\n'
        "    row = (key, event_id, reason, tx.now, known[0], shared)\n",
        "a message that is reported again stays settled",
        f"{_REPORTS}::test_a_report_is_settled_and_opened_again",
    ),
    Mutation(
        f"{_SQLITE}/log.py",
        "    if answers is not None:\n",
        "    if answers == 0:\n",
        "a report stays open that a notice has answered",
        f"{_REPORTS}::test_a_notice_answers_a_report",
    ),
    Mutation(
        f"{_SQLITE}/publications.py",
        "    if known.number != number:\n",
        "    if known.number < number:\n",
        "who publishes overwrites what was published meanwhile",
        "tests/server/store/test_publications.py::test_of_those_who_publish_at_once_one_does",
    ),
    Mutation(
        f"{_SQLITE}/answers.py",
        "coalesce(held_at, at) AS since",
        "held_at AS since",
        "what was held before this version has no time",
        "tests/server/store/sqlite/test_migration.py::test_what_format_2_held_waits_without_end",
    ),
)
