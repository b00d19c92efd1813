"""Faults of what operators do: exports, erasing, retention, the teachers' notice."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_EXPORTS: Final = "tests/server/export/test_export.py"
_NOTICES: Final = "tests/server/sessions/test_teachers_notice.py"

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/server/export/names.py",
        "        return self._pseudonyms.of_session(session.account, session.name)",
        "        return session.name",
        "an export has the ids that open sessions",
        f"{_EXPORTS}::test_names_and_contexts_are_there_only_if_asked_for",
    ),
    Mutation(
        "tutor_widget/server/export/names.py",
        "        return self._pseudonyms.of_account(session.account)",
        "        return session.account or None",
        "an export names its learners",
        f"{_EXPORTS}::test_names_and_contexts_are_there_only_if_asked_for",
    ),
    Mutation(
        "tutor_widget/server/export/markdown.py",
        '(typed.markdown if event.role == "learner" else markdown.markdown)(event.text)',
        "event.text",
        "a message looks like a part of the export",
        f"{_EXPORTS}::test_no_message_looks_like_a_part_of_the_export",
    ),
    Mutation(
        "tutor_widget/server/export/exporting.py",
        "            entries = await self._store.entries(session.key, after, PAGE)",
        "            entries = await self._store.entries(session.key, after, 1 << 30)",
        "an export holds whole conversations in memory",
        f"{_EXPORTS}::test_an_export_reads_no_more_than_a_page_ahead",
    ),
    Mutation(
        "tutor_widget/private_file.py",
        "        _check(target, path, replaces)\n        os.replace",
        "        Path(draft).chmod(target.stat().st_mode if target.exists() else 0o600)\n"
        "        os.replace",
        "a saved conversation has the mode of the file that it replaces",
        "tests/test_private_file.py",
    ),
    Mutation(
        "tutor_widget/server/retention.py",
        "self._keep * _DAY, self._in_use()",
        "self._keep * _DAY",
        "a conversation expires while somebody is connected to it",
        "tests/server/test_retention.py",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "        return Dropped.ERASED if isinstance(found, Erased) else Dropped.EXPIRED",
        "        return Dropped.ERASED",
        "retention makes a client forget what it has queued",
        "tests/server/sessions/test_live.py::"
        "test_a_connection_outlives_the_retention_of_its_session",
    ),
    Mutation(
        "tutor_widget/server/settings.py",
        "        return max(self.erased_days, _HEARD)",
        "        return self.erased_days",
        "a node takes an erased conversation for one that has expired",
        "tests/server/net/test_requests.py::"
        "test_a_mark_stays_until_every_node_has_heard_of_the_erasure",
    ),
    Mutation(
        "tutor_widget/server/sessions/teachers_notice.py",
        'return f"_readable-{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"',
        "return f\"_readable-{id(object())}-{__import__('time').monotonic_ns()}\"",
        "learners are told again and again that teachers can read",
        f"{_NOTICES}::test_it_goes_before_the_greeting_and_comes_once",
    ),
    Mutation(
        "tutor_widget/server/sessions/teachers_notice.py",
        "    if head.seq and isinstance(await store.find(head.key, notice_id(text)), Kept):\n"
        "        return head\n",
        "",
        "each hello of a known session writes",
        f"{_NOTICES}::test_a_hello_of_a_session_that_was_told_writes_nothing",
    ),
    Mutation(
        "tutor_widget/cli/erase.py",
        "    if not text:\n",
        "    if False:\n",
        "erase with an empty name erases all that have no account",
        "tests/cli/test_erase.py::test_an_empty_name_names_nothing",
    ),
    Mutation(
        "tutor_widget/server/net/handshake.py",
        "if self._on_loopback and not is_forwarded(headers):",
        "if self._on_loopback:",
        "a proxy shows the metrics to the world",
        "tests/server/net/test_handshake.py"
        "::test_no_proxy_shows_the_metrics_of_a_server_on_loopback",
    ),
)
