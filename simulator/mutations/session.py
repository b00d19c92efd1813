"""Faults of the state machine of the client: session/."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

MACHINE: Final = "tutor_widget/session/machine.py"
RECEIVED: Final = "tutor_widget/session/received.py"
DELIVERY: Final = "tutor_widget/session/delivery.py"
FLIGHT: Final = "tutor_widget/session/queue/flight.py"
OUTGOING: Final = "tutor_widget/session/queue/outgoing.py"
RETRY: Final = "tutor_widget/session/retry.py"
ENDINGS: Final = "tutor_widget/session/endings.py"
KEEPALIVE: Final = "tutor_widget/session/keepalive.py"
TRANSCRIPT: Final = "tutor_widget/session/transcript.py"

MUTATIONS: Final = (
    Mutation(
        OUTGOING,
        "mine.sort(key=lambda message: not self._flight.is_refused(message.id))",
        "pass",
        "what comes from a journal keeps back what the server waits for",
        "tests/session/queue/test_outgoing.py",
    ),
    Mutation(
        RECEIVED,
        "self._retry_policy.welcomed(now, welcome.spread)",
        "self._retry_policy.welcomed(now, welcome.spread); self._retry_policy.progressed()",
        "a welcome forgives the backoff",
        "tests/session/test_backoff.py",
    ),
    Mutation(
        MACHINE,
        "        epoch, after, last = self._receiver.offer()\n",
        "        self._retry_policy.failures = 0\n"
        "        epoch, after, last = self._receiver.offer()\n",
        "an open socket resets the backoff",
    ),
    Mutation(
        DELIVERY,
        "            self._emit(do.Forget(event.id))\n        return acknowledged",
        "            pass\n        return acknowledged",
        "what is acknowledged stays in the journal",
    ),
    Mutation(
        DELIVERY,
        "            self.outgoing.discard(event.id)\n            self.save([event.id])",
        "            self.outgoing.discard(event.id)",
        "a withdrawal is not journalled",
        "tests/session/queue/test_withdrawals.py",
    ),
    Mutation(
        MACHINE,
        "return event.dial != self.dial or self.phase not in DIALLED",
        "return self.phase not in DIALLED",
        "news of an earlier connection count for the present one",
        "tests/session/test_machine.py",
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
        "tests/session/queue/test_outgoing.py",
    ),
    Mutation(
        FLIGHT,
        "        if self.sent_at or now < self._hold_until:\n            return True",
        "        if now < 0:\n            return True",
        "a hold is not kept",
    ),
    Mutation(
        OUTGOING,
        "has_room = len(flight.sent_at) < limit",
        "has_room = True",
        "more is outstanding than the server allows",
        "tests/session/queue/test_outgoing.py",
    ),
    Mutation(
        "tutor_widget/session/queue/poison.py",
        "SET_ASIDE_AT: Final = 2\n",
        "SET_ASIDE_AT: Final = 2000\n",
        "a poisonous message is sent forever",
        "tests/session/queue/test_poison.py",
    ),
    Mutation(
        TRANSCRIPT,
        "if welcome.epoch != self.epoch or welcome.first != self._last + 1:",
        "if welcome.first != self._last + 1:",
        "the epoch of a resumed log is not checked",
        "tests/session/test_transcript.py",
    ),
    Mutation(
        TRANSCRIPT,
        "        if event.seq != self._last + 1:",
        "        if event.seq < 0:",
        "a hole in the log goes unnoticed",
        "tests/session/test_transcript.py",
    ),
    Mutation(
        TRANSCRIPT,
        "        if self.rev is not None and rev <= self.rev:",
        "        if rev < 0:",
        "the state goes back",
        "tests/session/test_transcript.py",
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
        "tests/session/test_keepalive.py",
    ),
    Mutation(
        RETRY,
        "        self._floor = now + floor\n        self.retry_at = self._floor + due",
        "        self._floor = now\n        self.retry_at = now + floor + due",
        "a nudge overrides Retry-After",
    ),
    Mutation(
        RETRY,
        "case Recovery.RENEW if not self._renewed:",
        "case Recovery.RENEW if now >= 0:",
        "a token is renewed forever",
        "tests/session/test_endings.py",
    ),
    Mutation(
        RETRY,
        "        self._wait(now, 0.0, self._backoff(now, chance))\n\n    def _wait",
        "        self._renewed = False\n"
        "        self._wait(now, 0.0, self._backoff(now, chance))\n\n    def _wait",
        "a refused token is tried forever while its source is unreachable",
        "tests/session/test_endings.py",
    ),
    Mutation(
        MACHINE,
        "return event.dial != self.dial or self.phase is not Phase.RENEWING",
        "return self.phase is not Phase.RENEWING",
        "a token that an earlier dial asked for is taken for the present one's",
        "tests/session/test_endings.py",
    ),
    Mutation(
        RETRY,
        "self.failures = min(self.failures + 1, 1000)",
        "self.failures = min(self.failures, 1000)",
        "the backoff does not grow",
    ),
    Mutation(
        ENDINGS,
        "MISDIRECTED_WAIT: Final = (45.0, 60.0)",
        "MISDIRECTED_WAIT: Final = (0.0, 1.0)",
        "a captive portal is hammered",
    ),
    Mutation(
        ENDINGS,
        '4409: (Recovery.FATAL, "taken_over")',
        '4409: (Recovery.RETRY, "taken_over")',
        "two clients take a session from each other forever",
    ),
    Mutation(
        ENDINGS,
        "frozenset({408, 425, 429})",
        "frozenset({425, 429})",
        "HTTP 408 counts as a wrong address",
    ),
    Mutation(
        FLIGHT,
        "now + min(retry_after, LONGEST_ASKED)",
        "now + retry_after",
        "a broken server holds the queue forever",
        "tests/session/queue/test_outgoing.py",
    ),
    Mutation(
        KEEPALIVE,
        " + backlog / BYTES_PER_SECOND",
        "",
        "a slow upload counts as silence",
        "tests/session/test_keepalive.py",
    ),
    Mutation(
        OUTGOING,
        "            stop.transmitted = False\n\n",
        "            pass\n\n",
        "a stop is not said again on the next connection",
    ),
    Mutation(
        RETRY,
        "NUDGED_EVERY: Final = 1.0",
        "NUDGED_EVERY: Final = 0.0",
        "who presses the button all the time dials all the time",
    ),
    Mutation(
        OUTGOING,
        " or message.id in self._stamping:",
        ":",
        "a message is sent before the journal knows its account",
        "tests/session/test_accounts.py",
    ),
    Mutation(
        OUTGOING,
        "mine = [m for m in self.messages.values() if m.account == self.account]",
        "mine = list(self.messages.values())",
        "one account is sent what another wrote",
        "tests/session/test_accounts.py",
    ),
    Mutation(
        OUTGOING,
        "is_due = stop.account == self.account and not stop.transmitted",
        "is_due = not stop.transmitted",
        "one account stops the replies of another",
        "tests/session/test_accounts.py",
    ),
    Mutation(
        RECEIVED,
        "if self.transcript.account not in (None, welcome.account):",
        "if self.transcript.account == 0:",
        "one account is shown the log of another",
        "tests/session/test_accounts.py",
    ),
    Mutation(
        DELIVERY,
        "if self.outgoing.is_foreign(event.id) and message.transmitted:",
        "if False:",
        "one message is in the logs of two accounts",
        "tests/session/test_accounts.py",
    ),
)
