"""Faults of its shell in the kernel: journal, connection, credentials, wire format."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

REGISTRY: Final = "tests/client/test_registry.py"
CREDENTIALS: Final = "tutor_widget/client/net/credentials.py"
CREDENTIALS_TESTS: Final = "tests/client/net/test_credentials.py"
OUTBOX: Final = "tutor_widget/client/storage/outbox.py"

MUTATIONS: Final = (
    Mutation(
        OUTBOX,
        "            rest = rest[os.write(fd, rest) :]\n        os.fsync(fd)\n",
        "            rest = rest[os.write(fd, rest) :]\n",
        "the journal is not fsynced",
    ),
    Mutation(
        OUTBOX,
        "            rest = rest[os.write(fd, rest) :]",
        "            rest = rest[max(len(rest), os.write(fd, rest)) :]",
        "a short write loses the rest",
    ),
    Mutation(
        OUTBOX,
        "accumulate((m.at for m in messages.values()), max)",
        "[m.at for m in messages.values()]",
        "a clock set back reorders an adopted journal",
    ),
    Mutation(
        OUTBOX,
        "            self._append(lines)\n            self._remove()",
        "            self._append(lines)",
        "a settled journal stays",
        "tests/client/storage/test_outbox.py",
    ),
    Mutation(
        OUTBOX,
        "if int(checksum, 16) != zlib.crc32(body) or",
        "if",
        "a damaged line is believed",
        "tests/client/storage/test_outbox.py",
    ),
    Mutation(
        OUTBOX,
        "        if not _read(taken)[0].keys() <= adopted:",
        "        if taken.is_dir():",
        "what an owner wrote after its journal was adopted goes with it",
        "tests/client/storage/test_outbox.py",
    ),
    Mutation(
        OUTBOX,
        "            if not _is_orphan(path, owner):",
        "            if path.is_dir():",
        "a living process's journal is adopted",
        "tests/client/storage/test_outbox.py",
    ),
    Mutation(
        "tutor_widget/client/storage/journal.py",
        "        self._owner.take_from_journal(ev.Saved(tuple(put)))",
        "        self._put.update(put)",
        "nobody is told that a message is durable",
        "tests/client/test_lifetime.py",
    ),
    Mutation(
        "tutor_widget/client/net/connection.py",
        "        if ws.subprotocol != SUBPROTOCOL:",
        '        if ws.subprotocol == "":',
        "any WebSocket server is taken for a tutor",
        "tests/notebook/test_widget.py::test_a_server_without_the_subprotocol_is_fatal",
    ),
    Mutation(
        "tutor_widget/client/net/connection.py",
        "        if is_binary:",
        "        if is_binary and not message:",
        "binary frames are taken for text",
        "tests/wire/test_fuzz.py::test_the_client_closes_with_the_right_code",
    ),
    Mutation(
        "tutor_widget/client/net/endpoint.py",
        "            if not may_send(self.url):",
        "            if may_send(self.url) is None:",
        "a token travels unprotected",
        "tests/notebook/test_widget.py::test_a_token_over_plain_ws_to_another_machine_is_refused",
    ),
    Mutation(
        "tutor_widget/client/net/audience.py",
        'if {b".", b".."} & set(segments)',
        'if {b"..."} & set(segments)',
        "a token goes to a path that climbs out of its own",
        "tests/client/test_client.py::test_the_environments_token_goes_to_no_path_that_climbs",
    ),
    Mutation(
        "tutor_widget/client/net/endpoint.py",
        '            return "unreachable"',
        '            return "none"',
        "a source of tokens that fails once is given up",
        "tests/client/net/test_endpoint.py",
    ),
    Mutation(
        OUTBOX,
        "[_put_line(message) for message in self._live.values()]",
        "[_put_line(message) for message in list(self._live.values())[-1:]]",
        "a rewritten journal holds only the newest message",
    ),
    Mutation(
        "tutor_widget/wire/codec.py",
        "    if isinstance(text, bytes) and not is_utf8(text):",
        "    if not text:",
        "what is no UTF-8 passes where nobody looks",
        "tests/wire/test_fuzz.py::test_whatever_is_decoded_is_a_frame_or_a_protocol_error",
    ),
    Mutation(
        "tutor_widget/client/storage/outbox.py",
        "if _writers.get(path, self._writer) == self._writer:\n            return True",
        "if True:\n            return True",
        "one account adopts the journal of another",
        "tests/client/storage/test_outbox_accounts.py",
    ),
    Mutation(
        CREDENTIALS,
        "            *cells,\n",
        "",
        "two people who use the same function share a connection",
        CREDENTIALS_TESTS,
    ),
    Mutation(
        CREDENTIALS,
        "                compilation.count += 1\n",
        "",
        "two objects of one class share a connection",
        CREDENTIALS_TESTS,
    ),
    Mutation(
        CREDENTIALS,
        ", *self._state(value, maker))",
        ")",
        "two people whose object the same cell makes share a connection",
        CREDENTIALS_TESTS,
    ),
    Mutation(
        CREDENTIALS,
        "            *self._items(vars(function), code),\n",
        "",
        "two people whose function has an attribute share a connection",
        CREDENTIALS_TESTS,
    ),
    Mutation(
        "tutor_widget/client/net/endpoint.py",
        "self.credentials = Credentials(self.token)",
        "self.credentials = Credentials()",
        "two tokens share a connection",
        "tests/client/test_accounts.py::test_two_accounts_stay_two_clients",
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "            asyncio.get_running_loop().call_soon(leave)",
        "            leave()",
        "a client ends before it has handed over what belongs to another account",
        REGISTRY,
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "                if not waits:\n",
        "                if waits is not None:\n",
        "a session in which failed messages wait is forgotten",
        REGISTRY,
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "if self.session.phase is Phase.FAILED:",
        "if self._closed:",
        "a client that nobody sees stays though it has failed",
        REGISTRY,
    ),
    Mutation(
        "tutor_widget/session/outgoing.py",
        'm.status != "failed" and not self.is_foreign(m.id)',
        "not self.is_foreign(m.id)",
        "a failed message keeps a connection for ever",
        REGISTRY,
    ),
    Mutation(
        "tutor_widget/client/storage/journal.py",
        "            self._owner.journals_read()",
        "            pass",
        "a client does not notice that the last journal of others has gone",
        REGISTRY,
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "self._take(ev.Inherited(older.session.outgoing))",
        "",
        "an older client hands nothing over",
        "tests/client/test_handovers.py::test_a_handover_without_a_disk_loses_nothing",
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "self._answers.settle(anew, self.session.outgoing)",
        "",
        "an answer that came before the handover is awaited for ever",
        "tests/client/test_handovers.py::test_an_answer_that_the_newer_saw_first_is_given_to_who_asked_the_older",
    ),
    Mutation(
        "tutor_widget/client/client.py",
        "self.current._journal.adopt_soon()  # we",
        "None  # we",
        "the journal of an older client lies about",
        "tests/client/test_handovers.py::test_the_older_hands_its_queue_to_the_newer",
    ),
    Mutation(
        "tutor_widget/client/net/connection.py",
        "self._opcodes.popleft() is Opcode.BINARY",
        "Opcode.BINARY in self._opcodes",
        "a binary frame spoils the text frames before it",
        "tests/client/net/test_connection.py::test_a_frame_in_error_undoes_none_before_it",
    ),
    Mutation(
        "tutor_widget/errors.py",
        "super().__init__(close_reason(",
        "super().__init__(str(",
        "a protocol error is longer than a close frame holds",
        "tests/wire/test_codec.py::test_a_protocol_error_fits_into_a_close_frame",
    ),
    Mutation(
        "tutor_widget/client/net/endpoint.py",
        "        if self._last == refused:",
        "        if self._last == refused is None:",
        "after a renewal that failed the refused token is sent again",
        "tests/client/net/test_endpoint.py::test_a_refused_token_is_not_sent_again",
    ),
    Mutation(
        "tutor_widget/client/net/endpoint.py",
        "        if turn == self._asked:",
        "        if turn:",
        "a late answer of a source of tokens replaces a newer one",
        "tests/client/net/test_endpoint.py::test_a_late_answer_replaces_no_newer_one",
    ),
    Mutation(
        "tutor_widget/processes.py",
        "(since is None or _began_at(pid, since))",
        "True",
        "a process id that was given again is taken for its first owner",
        "tests/test_processes.py",
    ),
)
