"""Faults of the server."""

from __future__ import annotations

from typing import Final

from .mutation import Mutation

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/server/sqlite.py",
        'db.execute("INSERT INTO withdrawn VALUES (?, ?)", (key, message_id))',
        "pass",
        "a withdrawal is acknowledged and not kept",
        "tests/test_server_order.py",
    ),
    Mutation(
        "tutor_widget/server/sqlite.py",
        "            if not done:  #",
        "            if done < 0:  #",
        "two nodes answer one message",
        "tests/test_store.py",
    ),
    Mutation(
        "tutor_widget/server/writer.py",
        '        connection.execute("COMMIT")\n',
        '        _settle(batch); connection.execute("COMMIT")\n',
        "the server acknowledges before it commits",
        "tests/test_store.py",
    ),
    Mutation(
        "tutor_widget/server/admission.py",
        "        return left if message_id == self.id else max(0.1, left)",
        "        return left if message_id == self.id else 0.0",
        "a refused message is overtaken",
        "tests/test_server_units.py",
    ),
    Mutation(
        "tutor_widget/server/admission.py",
        "            self.id = next(iter(self._behind), None)",
        "            self.id = None",
        "what was under way overtakes what was refused, once its first came elsewhere",
        "tests/test_server_units.py",
    ),
    Mutation(
        "tutor_widget/server/sessions.py",
        "        if listener.dial < self._dials.get(listener.instance, 0):",
        "        if listener.dial < 0:",
        "a late hello takes the session back",
        "tests/test_server_faults.py",
    ),
    Mutation(
        "tutor_widget/server/replies.py",
        "claim.attempt > self._settings.attempts",
        "claim.attempt > 1000",
        "an answer that kills its server is begun for ever",
        "tests/test_server_process.py::test_the_third_death_fails_the_answer",
    ),
    Mutation(
        "tutor_widget/server/replies.py",
        "await self._store.release(self._session.key, unbegun=reply.re)",
        "await self._store.release(self._session.key)",
        "a reply handed over counts as one that died",
        "tests/test_server_process.py::test_a_reply_that_takes_too_long_is_handed_over_and_not_counted",
    ),
    Mutation(
        "tutor_widget/server/connections.py",
        " and (events[0].seq, events[0].id) == (hello.after, hello.last)",
        "",
        "a log restored from an older copy goes unnoticed",
        "tests/test_server.py::test_a_wrong_prefix_is_reset",
    ),
    Mutation(
        "tutor_widget/server/connections.py",
        "        if isinstance(error, StoreError):",
        "        if isinstance(error, TypeError):",
        "a message is suspected because the server's disk fails",
        "tests/test_server_faults.py::test_a_store_that_cannot_be_read_is_not_the_messages_fault",
    ),
    Mutation(
        "tutor_widget/server/intake.py",
        "        elif self._unacked >= self._limits.unacked:",
        "        elif self._unacked < 0:",
        "the server takes more at once than it said",
        "tests/test_server_order.py::test_too_many_at_once_are_refused_for_now",
    ),
    Mutation(
        "tutor_widget/server/sessions.py",
        "            self._again = True\n            log(",
        "            log(",
        "what could not be read is never read",
        "tests/test_store.py::test_what_could_not_be_read_is_read_later",
    ),
    Mutation(
        "tutor_widget/server/serving.py",
        "            max_queue=0,",
        "            max_queue=16,",
        "sixteen unread frames are kept for each connection",
        "tests/test_server_faults.py::test_what_is_not_read_yet_stays_with_the_client",
    ),
    Mutation(
        "tutor_widget/server/sqlite.py",
        "            count_attempt(db, key, event.id, +1)",
        "            count_attempt(db, key, event.id, +0)",
        "attempts at an answer are not counted durably",
        "tests/test_server_process.py::test_the_third_death_fails_the_answer",
    ),
)
