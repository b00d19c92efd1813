"""Faults in what nodes tell each other: who is connected where, and pieces of replies."""

from __future__ import annotations

from typing import Final

from simulator.mutations.mutation import Mutation

_RELAY: Final = "tutor_widget/server/sessions/relay.py"
_PEERS: Final = "tutor_widget/server/store/postgres/peers.py"
_JUDGE: Final = "tests/server/sessions/test_relay.py"
_POSTGRES_JUDGE: Final = "tests/server/store/postgres/test_peers.py"

MUTATIONS: Final = (
    Mutation(
        _RELAY,
        "        if best.dial > listener.dial or (",
        "        if best.dial < 0 and (",
        "two connections of an instance stay, each on its node",
        f"{_JUDGE}::test_a_newer_connection_elsewhere_replaces_the_one_here",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "            self._note_dial(one.instance, one.dial)\n",
        "            pass\n",
        "a late hello is welcomed although a newer connection is at another node",
        f"{_JUDGE}::test_a_late_hello_loses_against_a_newer_connection_elsewhere",
    ),
    Mutation(
        "tutor_widget/server/sessions/live.py",
        "(self.listeners.keys() | self.relay.instances)",
        "self.listeners.keys()",
        "each node takes eight instances of a session",
        f"{_JUDGE}::test_eight_instances_share_a_session_over_all_nodes",
    ),
    Mutation(
        _RELAY,
        "not in list(newest)[: self._most] else",
        "not in newest else",
        "those who come at once on several nodes are too many, and stay",
        f"{_JUDGE}::test_the_ninth_instance_is_dropped_by_its_own_node",
    ),
    Mutation(
        _RELAY,
        "            self.repeat(node)\n",
        "            pass\n",
        "a node that appears during a reply is told only the rest of it",
        f"{_JUDGE}::test_a_node_that_appears_is_told_the_text_so_far_first",
    ),
    Mutation(
        _RELAY,
        "for one in connections if one.node != here)",
        "for one in connections)",
        "pieces of a reply are told although nobody listens at another node",
        f"{_JUDGE}::test_nothing_is_told_where_nobody_listens",
    ),
    Mutation(
        _RELAY,
        ".lacks(frame, fence):\n            self._ask(piece)",
        ".lacks(frame, fence):\n            pass",
        "a reply of which a piece was lost stands still until its end",
        f"{_JUDGE}::test_a_gap_is_asked_for_once_and_heals",
    ),
    Mutation(
        _RELAY,
        "            self._early = None\n            self._ask(early)",
        "            self._early = None",
        "a reply that is told before its message is not shown",
        f"{_JUDGE}::test_a_piece_that_comes_before_its_message_is_asked_for_after_it",
    ),
    Mutation(
        _RELAY,
        "if reply is not None and reply.under_way and reply.fence == self._fence:",
        "if reply is not None and reply.under_way:",
        "a node tells others what it was told",
        f"{_JUDGE}::test_what_is_heard_is_told_to_nobody",
    ),
    Mutation(
        "tutor_widget/server/sessions/reply_maker.py",
        "            if fence:\n",
        "            if fence >= 0:\n",
        "a place in the queue of one node is shown on another",
        f"{_JUDGE}::test_what_waits_is_told_to_nobody",
    ),
    Mutation(
        "tutor_widget/server/server.py",
        "again = 0.0 if self._store.peers.nodes().other_is_ready else self",
        "again = self",
        "learners of a node that drains wait although another is ready",
        f"{_JUDGE}::test_who_is_sent_away_goes_to_another_node_at_once",
    ),
    Mutation(
        _PEERS,
        "            self._rewrites = True  # others may",
        "            pass  # others may",
        "nobody knows of the learners of a node that stood still",
        f"{_POSTGRES_JUDGE}::test_a_node_that_stood_still_too_long_writes_all_anew",
    ),
    Mutation(
        _PEERS,
        "        if self._others.keys() - others.keys():\n",
        "        if False:\n",
        "learners of a killed node keep their places",
        f"{_POSTGRES_JUDGE}::test_a_node_that_was_killed_is_told_of_no_more",
    ),
    Mutation(
        "tutor_widget/server/store/postgres/mail.py",
        "        elif number != str(len(self._parts) + 1):",
        "        elif False:",
        "a text of which a part was lost is shown",
        "tests/server/store/postgres/test_mail.py",
    ),
    Mutation(
        _PEERS,
        "except Exception as error:  # noqa: BLE001  # a node",
        "except OUTAGE as error:  # a node",
        "a fault of its own leaves a node alone for good",
        f"{_POSTGRES_JUDGE}::test_a_fault_of_ones_own_ends_nothing",
    ),
)
