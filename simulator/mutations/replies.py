"""Faults in the replies of a server: queue, held answers, and what is known of other nodes."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

MUTATIONS: Final = (
    Mutation(
        "tutor_widget/server/sessions/slots.py",
        "            if slot is not asking:",
        "            if slot is not None:",
        "a worker is told of the slot that it took, and tries again at once",
        "tests/server/sessions/test_slots.py::test_what_a_call_returns_is_not_told_besides",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "        if self._is_appending:\n            return",
        "        if False:\n            return",
        "a worker that is cancelled cancels the learner's write",
        "tests/server/sessions/test_reply_worker.py::test_a_worker_that_is_cancelled_leaves_the_learners_write_alone",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "case Held(re) if re != self._session.unanswered.oldest:",
        "case Held(re) if re is None:",
        "a worker that cannot read the log asks for a held answer without end",
        "tests/server/sessions/test_other_nodes.py::test_a_held_answer_behind_what_is_known_here_is_asked_for_after_a_look_at_the_log",
    ),
    Mutation(
        "tutor_widget/server/sessions/queue.py",
        "        del line[session], self._lines[account]\n        if line:\n",
        "        del line[session]\n"
        "        if not line:\n            del self._lines[account]\n        if False:\n",
        "an account with many sessions is served before all others",
        "tests/server/sessions/test_queue.py::test_an_account_with_a_hundred_sessions_delays_another_by_one_reply",
    ),
    Mutation(
        "tutor_widget/server/sessions/queue.py",
        "len(self._begun) >= self._parallel",
        "len(self._begun) > self._parallel",
        "a tutor makes more replies at once than it says",
        "tests/server/sessions/test_queue.py::test_whatever_happens_no_slot_is_idle_and_no_account_has_two_turns_in_a_row",
    ),
    Mutation(
        "tutor_widget/server/sessions/slots.py",
        "slot.place is None or now >= slot.told + _AGAIN",
        "slot.place is None",
        "a place is told once, and not again when it changes",
        "tests/server/sessions/test_slots.py::test_those_behind_one_that_leaves_are_told_their_new_place",
    ),
    Mutation(
        "tutor_widget/server/sessions/slots.py",
        "slot.place is None or now >= slot.told + _AGAIN",
        "True",
        "a place is told with each step of the queue",
        "tests/server/sessions/test_slots.py::test_a_place_is_told_at_most_once_in_its_time",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "if stopped or self._slot.take():",
        "if self._slot.take():",
        "a stop of a reply that waits is answered when its turn has come",
        "tests/server/sessions/test_waiting.py::test_a_stop_of_a_reply_that_waits_is_answered_at_once",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "        if self._slot.granted:  # a",
        "        if True:  # a",
        "a stop of a reply that waits puts the next message at the end of the queue",
        "tests/server/sessions/test_waiting.py::test_a_stop_of_a_reply_that_waits_is_answered_at_once",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "        if self._slot.place is not None:\n",
        "        await self._store.claim(self._session.key)\n"
        "        if self._slot.place is not None:\n",
        "an attempt is counted while a message waits",
        "tests/server/sessions/test_waiting.py::test_a_message_that_only_waited_is_in_its_first_attempt",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "        self._ending = True\n        self._wake.set()",
        "        self._wake.set()",
        "a server that drains begins what waits in its queue",
        "tests/server/sessions/test_waiting.py::test_a_server_that_drains_leaves_what_waits_to_the_next",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "        self.worker.wake()  # for a message",
        "        pass  # for a message",
        "a session waits in the queue for what another node has answered",
        "tests/server/sessions/test_waiting.py::test_another_node_may_answer_what_waits_here",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_maker.py",
        '            case "handed over" | "lost":\n                await self._take_back(claim)\n',
        '            case "handed over":\n                await self._take_back(claim)\n'
        '            case "lost":\n                self._session.unanswered.forget(claim.fence)\n',
        "a store that cannot write for a while fails the answer",
        "tests/server/sessions/test_attempt.py::test_a_store_that_cannot_write_is_no_death_of_the_server",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_maker.py",
        "        if await self._store.hold(claim, answer, seconds, otherwise):",
        "        if True:",
        "a held answer is lost with its server",
        "tests/server/sessions/test_held.py::test_a_held_answer_outlives_its_server",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply.py",
        "        if head.held is not None:\n",
        "        if head.held == 0:\n",
        "after a restart a held answer waits for a slot",
        "tests/server/sessions/test_held.py::test_a_held_answer_waits_for_no_slot",
    ),
    Mutation(
        "tutor_widget/server/sessions/attempt.py",
        "if not self.turn.hold and (delta",
        "if (delta",
        "an answer is read before it is approved",
        "tests/server/sessions/test_held.py::test_a_held_answer_shows_nothing_until_it_is_approved",
    ),
    Mutation(
        "tutor_widget/server/sessions/outcome.py",
        'if status == "complete" or not turn.hold else ""',
        "",
        "what nobody approved is published when its tutor fails",
        "tests/server/sessions/test_held.py::test_what_was_not_approved_is_in_no_answer",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_worker.py",
        "                if self._session.unanswered.is_stopped(re):",
        "                if False:",
        "a stop of a held answer is ignored",
        "tests/server/sessions/test_held.py::test_a_stop_of_a_held_answer_publishes_none_of_it",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "        self._set_state(head.rev, head.state)\n        while",
        "        loop = asyncio.get_running_loop()\n"
        "        loop.call_later(0.1, self._set_state, head.rev, head.state)\n        while",
        "a state goes out after its answer on a node that reads it",
        "tests/server/sessions/test_other_nodes.py::test_a_state_goes_before_its_answer_on_every_node",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "                if event.seq <= head.seq:\n",
        "                if True:\n",
        "an answer goes before its state if it was committed during the read",
        "tests/server/sessions/test_other_nodes.py::test_an_answer_that_was_committed_during_a_read_waits_for_its_state",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply.py",
        "        if not 0 <= known < len(delta.text):\n",
        "        if known >= len(delta.text):\n",
        "a delta that leaves a gap is shown",
        "tests/server/sessions/test_other_nodes.py::test_a_piece_that_does_not_join_is_ignored_until_one_from_0",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply.py",
        "        if fence < self.fence:\n",
        "        if fence < 0:\n",
        "the reply of a claim that lost its lease is shown",
        "tests/server/sessions/test_other_nodes.py::test_what_comes_late_from_another_node_shows_nothing",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply.py",
        "        if not 0 <= known < len(delta.text):\n",
        "        if known or not delta.text:\n",
        "a part of the text so far that begins within it is lost",
        "tests/server/sessions/test_reply.py::test_the_text_so_far_may_come_in_parts_in_any_order",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply.py",
        "        if frame.re != self.oldest:\n",
        '        if frame.re == "":\n',
        "a piece that comes after its answer is shown for ever",
        "tests/server/sessions/test_other_nodes.py::test_what_comes_late_from_another_node_shows_nothing",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply.py",
        "if self.reply is not None and self.reply.fence == fence:",
        "if self.reply is not None:",
        "a lease that was lost ends the reply of its new owner",
        "tests/server/sessions/test_other_nodes.py::test_a_lease_that_was_lost_shows_the_new_owners_reply",
    ),
    Mutation(
        "tutor_widget/server/tutors/lifecycle.py",
        "    done, _ = await asyncio.wait({closing}, timeout=min(patience, _CLOSE))",
        "    done, _ = await asyncio.wait({closing})",
        "a tutor that does not close keeps its server from ending",
        "tests/server/tutors/test_lifecycle.py::test_a_tutor_that_does_not_end_its_start_or_its_close_is_left_behind",
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "max(0.0, ends_at - loop.time())",
        "1e9",
        "a server takes longer to stop than its supervisor waits",
        "tests/server/tutors/test_lifecycle.py::test_a_tutor_closes_within_the_time_of_its_server",
    ),
    Mutation(
        "tutor_widget/server/net/inbound.py",
        "_shared(frame), frame.rev, self._sender.lang)",
        "_shared(frame))",
        "a tutor does not learn which step a message was meant for",
        "tests/server/sessions/test_outcome.py::test_what_a_message_brought_is_there_when_it_is_answered_anew",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/lessons/lists.toml",
        """  '("milk" in shopping) == True',""",
        """  '"milk" in shopping == True',""",
        "a lesson takes for right what Python finds false",
        "tests/server/tutors/lesson/test_lessons.py::test_an_accepted_answer_is_true",
    ),
    Mutation(
        "tutor_widget/server/tutors/lesson/lessons/loops.toml",
        "Two letters of the word are equal.",
        "Two of its 4 letters are equal.",
        "a lesson's hint tells the answer",
        "tests/server/tutors/lesson/test_lessons.py::test_nothing_gives_the_answer_away",
    ),
)
