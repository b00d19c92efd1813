"""The faults of `mutants`: where, which text, what instead, and what that does."""

from __future__ import annotations

from typing import Final, NamedTuple

SIMULATOR: Final = "the simulator"


class Mutation(NamedTuple):
    """One fault. ``old`` occurs in ``file`` exactly once; ``by``, tests or the simulator, should
    notice."""

    file: str
    old: str
    new: str
    breaks: str
    by: str = SIMULATOR


MACHINE, OUTGOING = "session/machine.py", "session/outgoing.py"
COMEBACK, ENDINGS = "session/comeback.py", "session/endings.py"
KEEPALIVE, TRANSCRIPT = "session/keepalive.py", "session/transcript.py"

MUTATIONS: Final = (
    Mutation(
        MACHINE,
        "self._comeback.welcomed(self._now, welcome.spread)",
        "self._comeback.welcomed(self._now, welcome.spread); self._comeback.progressed()",
        "a welcome forgives the backoff",
        "test_endings.py",
    ),
    Mutation(
        MACHINE,
        "        epoch, after, last = self.transcript.offer()\n",
        "        self._comeback._backoff.forgive()\n"
        "        epoch, after, last = self.transcript.offer()\n",
        "an open socket resets the backoff",
    ),
    Mutation(
        MACHINE,
        "            self._emit(do.Forget(event.id))\n        if new:",
        "            pass\n        if new:",
        "what is acknowledged stays in the journal",
    ),
    Mutation(
        MACHINE,
        "            self.outgoing.discard(event.id)\n            self._save(event.id)",
        "            self.outgoing.discard(event.id)",
        "a withdrawal is not journalled",
        "test_session.py",
    ),
    Mutation(
        MACHINE,
        "not (event.dial == self.dial and self.phase in DIALLED)",
        "not (self.phase in DIALLED)",
        "news of an earlier connection count for the present one",
        "test_session.py",
    ),
    Mutation(
        OUTGOING,
        'if self.messages[id].status == "sent":\n                self._set(id, status="queued")\n'
        "        self._flight.clear()",
        'if self.messages[id].status == "sent":\n                pass\n'
        "        self._flight.clear()",
        "what was under way is not sent again",
    ),
    Mutation(
        OUTGOING,
        "                    break  # nothing overtakes",
        "                    continue",
        "a message that is not durable yet is overtaken",
        "test_session.py",
    ),
    Mutation(
        OUTGOING,
        "        if self._flight or now < self._hold_until:\n            return False",
        "        if now < 0:\n            return False",
        "a hold is not kept",
    ),
    Mutation(
        OUTGOING,
        "id, has_room = message.id, len(self._flight) < limit",
        "id, has_room = message.id, True",
        "more is outstanding than the server allows",
        "test_session.py",
    ),
    Mutation(
        OUTGOING,
        "SET_ASIDE_AT: Final = 2",
        "SET_ASIDE_AT: Final = 2000",
        "a poisonous message is sent for ever",
        "test_endings.py",
    ),
    Mutation(
        TRANSCRIPT,
        "if welcome.epoch != self.epoch or welcome.first != self._last + 1:",
        "if welcome.first != self._last + 1:",
        "the epoch of a resumed log is not checked",
        "test_session.py",
    ),
    Mutation(
        TRANSCRIPT,
        "        if event.seq != self._last + 1:",
        "        if event.seq < 0:",
        "a hole in the log goes unnoticed",
        "test_session.py",
    ),
    Mutation(
        TRANSCRIPT,
        "        if rev <= self.rev:",
        "        if rev < 0:",
        "the state goes back",
        "test_session.py",
    ),
    Mutation(
        KEEPALIVE,
        "IDLE: Final = Spans(10.0, 5.0)",
        "IDLE: Final = Spans(10.0, 25.0)",
        "an idle client notices silence too late",
    ),
    Mutation(
        KEEPALIVE,
        "BUSY: Final = Spans(2.0, 4.0)",
        "BUSY: Final = Spans(5.0, 5.0)",
        "a busy client notices silence too late",
    ),
    Mutation(
        KEEPALIVE,
        "UNACKNOWLEDGED: Final = 30.0",
        "UNACKNOWLEDGED: Final = 3000.0",
        "a dead server behind a living proxy goes unnoticed",
        "test_session.py",
    ),
    Mutation(
        COMEBACK,
        "        self._floor = now + floor\n        self.retry_at = self._floor + due",
        "        self._floor = now\n        self.retry_at = now + floor + due",
        "a nudge overrides Retry-After",
    ),
    Mutation(
        COMEBACK,
        "case Course.RENEW if not self._renewed:",
        "case Course.RENEW if now >= 0:",
        "a token is renewed for ever",
        "test_endings.py",
    ),
    Mutation(
        "session/backoff.py",
        "self.n = min(self.n + 1, 1000)",
        "self.n = min(self.n, 1000)",
        "the backoff does not grow",
    ),
    Mutation(
        ENDINGS,
        "ASTRAY_WAIT: Final = (45.0, 60.0)",
        "ASTRAY_WAIT: Final = (0.0, 1.0)",
        "a captive portal is hammered",
    ),
    Mutation(
        ENDINGS,
        "    4409: Verdict(\n        Course.FATAL,",
        "    4409: Verdict(\n        Course.RETRY,",
        "two clients take a session from each other for ever",
    ),
    Mutation(
        ENDINGS,
        "frozenset({408, 425, 429})",
        "frozenset({425, 429})",
        "HTTP 408 counts as a wrong address",
    ),
    Mutation(
        "outbox.py",
        "            rest = rest[os.write(fd, rest) :]\n        os.fsync(fd)\n",
        "            rest = rest[os.write(fd, rest) :]\n",
        "the journal is not fsynced",
    ),
    Mutation(
        "outbox.py",
        "            rest = rest[os.write(fd, rest) :]",
        "            rest = rest[max(len(rest), os.write(fd, rest)) :]",
        "a short write loses the rest",
    ),
    Mutation(
        "outbox.py",
        "accumulate((m.at for m in messages.values()), max)",
        "[m.at for m in messages.values()]",
        "a clock set back reorders an adopted journal",
    ),
    Mutation(
        "outbox.py",
        "            self._append(lines)\n            self._remove()",
        "            self._append(lines)",
        "a settled journal stays",
        "test_outbox.py",
    ),
    Mutation(
        "outbox.py",
        "if int(checksum, 16) != zlib.crc32(body) or",
        "if",
        "a damaged line is believed",
        "test_outbox.py",
    ),
    Mutation(
        "outbox.py",
        "        if not _read(taken)[0].keys() <= adopted:",
        "        if taken.is_dir():",
        "what an owner wrote after its journal was adopted goes with it",
        "test_outbox.py",
    ),
    Mutation(
        "session/outgoing.py",
        "now + min(seconds, LONGEST_ASKED)",
        "now + seconds",
        "a broken server holds the queue for ever",
        "test_session.py",
    ),
    Mutation(
        "outbox.py",
        "            if not _is_orphan(path, owner):",
        "            if path.is_dir():",
        "a living process's journal is adopted",
        "test_outbox.py",
    ),
    Mutation(
        "client.py",
        "        self._take(ev.Saved(tuple(put)))",
        "        self._put.update(put)",
        "nobody is told that a message is durable",
        "test_client.py",
    ),
    Mutation(
        "server/sqlite.py",
        'db.execute("INSERT INTO withdrawn VALUES (?, ?)", (key, message_id))',
        "pass",
        "a withdrawal is acknowledged and not kept",
        "test_server_order.py",
    ),
    Mutation(
        "server/sqlite.py",
        "            if not done:  #",
        "            if done < 0:  #",
        "two nodes answer one message",
        "test_store.py",
    ),
    Mutation(
        "server/writer.py",
        '        connection.execute("COMMIT")\n',
        '        _settle(batch); connection.execute("COMMIT")\n',
        "the server acknowledges before it commits",
        "test_store.py",
    ),
    Mutation(
        "server/admission.py",
        "        return left if message_id == self.id else max(0.1, left)",
        "        return left if message_id == self.id else 0.0",
        "a refused message is overtaken",
        "test_server_units.py",
    ),
    Mutation(
        "server/admission.py",
        "            self.id = next(iter(self._behind), None)",
        "            self.id = None",
        "what was under way overtakes what was refused, once its first came elsewhere",
        "test_server_units.py",
    ),
    Mutation(
        "server/sessions.py",
        "        if listener.dial < self._dials.get(listener.instance, 0):",
        "        if listener.dial < 0:",
        "a late hello takes the session back",
        "test_server_faults.py",
    ),
    Mutation(
        "link.py",
        "        if ws.subprotocol != SUBPROTOCOL:",
        '        if ws.subprotocol == "":',
        "any WebSocket server is taken for a tutor",
        "test_widget.py::test_a_server_without_the_subprotocol_is_fatal",
    ),
    Mutation(
        "link.py",
        "        if is_binary:",
        "        if is_binary and not message:",
        "binary frames are taken for text",
        "test_fuzz.py::test_the_client_closes_with_the_right_code",
    ),
    Mutation(
        "target.py",
        "            if plain and not asked:",
        "            if plain and asked:",
        "a token travels unprotected",
        "test_widget.py::test_a_token_over_plain_ws_to_another_machine_is_refused",
    ),
    Mutation(
        "target.py",
        '    if ".." in re.split(',
        '    if "..." in re.split(',
        "a token goes to a path that climbs out of its own",
        "test_client.py::test_the_environments_token_goes_to_no_path_that_climbs",
    ),
    Mutation(
        "target.py",
        '            return "unreachable"',
        '            return "none"',
        "a source of tokens that fails once is given up",
        "test_target.py::test_a_source_that_fails_while_it_renews_is_asked_again",
    ),
    Mutation(
        KEEPALIVE,
        " + backlog / BYTES_PER_SECOND",
        "",
        "a slow upload counts as silence",
        "test_session.py",
    ),
    Mutation(
        OUTGOING,
        "        self._stops = dict.fromkeys(self._stops, False)",
        "        self._stops = dict(self._stops)",
        "a stop is not said again on the next connection",
    ),
    Mutation(
        COMEBACK,
        "NUDGED_EVERY: Final = 1.0",
        "NUDGED_EVERY: Final = 0.0",
        "who presses the button all the time dials all the time",
    ),
    Mutation(
        "outbox.py",
        '[_line({"put": asdict(message)}) for message in self._live.values()]',
        '[_line({"put": asdict(message)}) for message in list(self._live.values())[-1:]]',
        "a rewritten journal holds only the newest message",
    ),
    Mutation(
        "wire.py",
        "    if isinstance(text, bytes) and not is_utf8(text):",
        "    if not text:",
        "what is no UTF-8 passes where nobody looks",
        "test_fuzz.py::test_whatever_is_decoded_is_a_frame_or_a_protocol_error",
    ),
    Mutation(
        "server/replies.py",
        "claim.attempt > self._settings.attempts",
        "claim.attempt > 1000",
        "an answer that kills its server is begun for ever",
        "test_server_process.py::test_the_third_death_fails_the_answer",
    ),
    Mutation(
        "server/replies.py",
        'case "failed" if self._unreadable:',
        'case "failed" if False:',
        "a history that cannot be read fails the answer",
        "test_server_replies.py::test_a_tutor_that_fails_over_an_unreadable_history_begins_anew",
    ),
    Mutation(
        "server/http.py",
        "    except MultipleValuesError:",
        "    except KeyError:",
        "two headers of a name count as the server's own fault",
        "test_server_http.py::test_a_faulty_request_is_refused_logged_and_counted",
    ),
    Mutation(
        "server/http.py",
        "where(error, quote=False)",
        "where(error)",
        "the log quotes a fault that holds a token",
        "test_server_http.py::test_a_fault_of_the_server_is_503",
    ),
    Mutation(
        "link.py",
        "self._opcodes.popleft() is Opcode.BINARY",
        "Opcode.BINARY in self._opcodes",
        "a binary frame spoils the text frames before it",
        "test_link.py::test_a_frame_in_error_undoes_none_before_it",
    ),
    Mutation(
        "errors.py",
        "super().__init__(close_reason(",
        "super().__init__(str(",
        "a protocol error is longer than a close frame holds",
        "test_wire.py::test_a_protocol_error_fits_into_a_close_frame",
    ),
    Mutation(
        "target.py",
        "            self._last = None\n            return",
        "            return",
        "after rubbish the refused token is sent again",
        "test_target.py::test_what_is_no_token_is_said_to_be_none",
    ),
    Mutation(
        "processes.py",
        "(since is None or _began_at(pid, since))",
        "True",
        "a process id that was given again is taken for its first owner",
        "test_processes.py",
    ),
    Mutation(
        "server/replies.py",
        """            case "handed over":
                self.current = None
                await self._store.release(self._session.key, unbegun=reply.re)""",
        """            case "handed over":
                self.current = None
                await self._store.release(self._session.key)""",
        "a reply handed over counts as one that died",
        "test_server_process.py::test_a_reply_that_takes_too_long_is_handed_over_and_not_counted",
    ),
    Mutation(
        "server/connections.py",
        " and (events[0].seq, events[0].id) == (hello.after, hello.last)",
        "",
        "a log restored from an older copy goes unnoticed",
        "test_server.py::test_a_wrong_prefix_is_reset",
    ),
    Mutation(
        "server/connections.py",
        "        if isinstance(error, StoreError):",
        "        if isinstance(error, TypeError):",
        "a message is suspected because the server's disk fails",
        "test_server_faults.py::test_a_store_that_cannot_be_read_is_not_the_messages_fault",
    ),
    Mutation(
        "server/intake.py",
        "        elif self._unacked >= self._limits.unacked:",
        "        elif self._unacked < 0:",
        "the server takes more at once than it said",
        "test_server_order.py::test_too_many_at_once_are_refused_for_now",
    ),
    Mutation(
        "server/sessions.py",
        "            self._again = True\n            log(",
        "            log(",
        "what could not be read is never read",
        "test_store.py::test_what_could_not_be_read_is_read_later",
    ),
    Mutation(
        "server/serving.py",
        "            max_queue=0,",
        "            max_queue=16,",
        "sixteen unread frames are kept for each connection",
        "test_server_faults.py::test_what_is_not_read_yet_stays_with_the_client",
    ),
    Mutation(
        "server/sqlite.py",
        "            count_attempt(db, key, event.id, +1)",
        "            count_attempt(db, key, event.id, +0)",
        "attempts at an answer are not counted durably",
        "test_server_process.py::test_the_third_death_fails_the_answer",
    ),
)
