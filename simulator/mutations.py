"""The faults of `mutants`: where, which text, what instead, and what that does."""

from __future__ import annotations

from typing import Final, NamedTuple

SIMULATOR: Final = "the simulator"


class Mutation(NamedTuple):
    """One fault. ``old`` occurs in ``file`` exactly once; ``by`` should notice."""

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
        "server/sessions.py",
        "        if listener.dial < self._dials.get(listener.instance, 0):",
        "        if listener.dial < 0:",
        "a late hello takes the session back",
        "test_server_faults.py",
    ),
)
