"""Faults of the server that the simulated nodes notice."""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.mutations.mutation import NODES, Mutation


class _Fault(NamedTuple):
    """A mutation of a file below ``tutor_widget/server``."""

    file: str
    old: str
    new: str
    breaks: str


_FAULTS: Final = (
    _Fault(
        "sessions/live.py",
        "        self._set_state(head.rev, head.state)\n        while",
        "        while",
        "an answer of another node comes without its state",
    ),
    _Fault(
        "sessions/live.py",
        "                if event.seq <= head.seq:\n                    self.committed(event)",
        "                self.committed(event)",
        "an answer that was committed during a read comes before its state",
    ),
    _Fault(
        "sessions/live.py",
        "        if state is not None:\n            self._set_state(answered.rev, state)\n"
        "        self.committed(answered.event)",
        "        self.committed(answered.event)\n        if state is not None:\n"
        "            self._set_state(answered.rev, state)",
        "an answer of this node comes before its state",
    ),
    _Fault(
        "sessions/live.py",
        "        if rev > self.rev:",
        "        if rev != self.rev:",
        "a state that was read late replaces a newer one",
    ),
    _Fault(
        "sessions/live.py",
        "        if event.seq > self.seq + 1:\n            self.catch_up_soon()\n"
        "        elif event.seq == self.seq + 1:",
        "        if event.seq > self.seq:",
        "a hole in the log is not filled",
    ),
    _Fault(
        "sessions/live.py",
        "        if self.listeners.get(listener.instance) is listener:",
        "        if listener.instance in self.listeners:",
        "a connection that ends takes its successor along",
    ),
    _Fault(
        "sessions/live.py",
        "        except Exception as error:  # noqa: BLE001  # the store cannot be read now\n"
        "            self._again = True\n",
        "        except Exception as error:  # noqa: BLE001  # the store cannot be read now\n",
        "what could not be read once is never read by a quiet session",
    ),
    _Fault(
        "sessions/registry.py",
        "    return isinstance(keys, All) or live.key in keys",
        "    return False",
        "no node learns of what the others write",
    ),
    _Fault(
        "sessions/registry.py",
        "    return isinstance(keys, All) or live.key in keys",
        "    return not isinstance(keys, All) and live.key not in keys",
        "a node reads every session but the one that was changed",
    ),
    _Fault(
        "sessions/registry.py",
        "else waiting & self._waited",
        "else frozenset()",
        "nobody takes over what a killed node left",
    ),
    _Fault(
        "sessions/reply_maker.py",
        "claim.attempt > self._most_attempts",
        "claim.attempt > self._most_attempts + 1",
        "a fourth attempt at an answer is begun",
    ),
    _Fault(
        "sessions/reply_maker.py",
        "claim.attempt > self._most_attempts:",
        "claim.attempt >= self._most_attempts:",
        "an answer is given up after two attempts",
    ),
    _Fault(
        "sessions/reply_maker.py",
        "as_json(claim.state)",
        "claim.state",
        "what a tutor changes in the state is lost",
    ),
    _Fault(
        "sessions/reply_maker.py",
        "            claim.message.context,",
        "            {},",
        "a tutor gets a message without what was shared with it",
    ),
    _Fault(
        "sessions/reply_maker.py",
        "history.before(claim.event.seq, limit)",
        "history.before(1 << 53, limit)",
        "a tutor reads what was written after the message that it answers",
    ),
    _Fault(
        "sessions/reply_worker.py",
        '        self._maker.cut("handed over")',
        "        pass",
        "a node that ends keeps the leases of its replies",
    ),
    _Fault(
        "sessions/reply_worker.py",
        "                await self._pause(seconds + 0.05)",
        "                await self._pause(0)",
        "a node asks without end for the lease that another has",
    ),
    _Fault(
        "sessions/outcome.py",
        'if status == "complete" or (status == "stopped" and not turn.hold):',
        'if status != "failed":',
        "the state of an answer that nobody approved is kept",
    ),
    _Fault(
        "net/connection.py",
        "(events[0].seq, events[0].id) != (hello.after, hello.last)",
        "events[0].seq != hello.after",
        "a client with another log is not reset",
    ),
    _Fault(
        "net/connection.py",
        "missed is None or last - after > self._settings.replay",
        "missed is None or last - after >= self._settings.replay",
        "a client that missed a page is reset",
    ),
    _Fault(
        "net/connection.py",
        "if reset or not after else after + 1",
        "if reset or not after else after",
        "a replay begins with what the client has",
    ),
    _Fault(
        "net/connection.py",
        "if (reply := session.unanswered.reply) is not None:",
        "if (reply := None) is not None:",
        "who connects during a reply is not told the text so far",
    ),
    _Fault(
        "net/connection.py",
        "        if self._replay is None:\n",
        "        if True:\n",
        "what happens during a replay is mixed with it",
    ),
    _Fault(
        "net/replay.py",
        "for frame in self._held:",
        "for frame in ():",
        "what happened during a replay is never sent",
    ),
    _Fault(
        "net/connection.py",
        "        elif not isinstance(frame, Answering | Delta):",
        "        else:",
        "a replay is followed by pieces of a reply that it has told already",
    ),
    _Fault(
        "net/connection.py",
        "                self._replay = None\n                self._send_reply",
        "                self._send_reply",
        "nothing follows a replay",
    ),
    _Fault(
        "net/inbound.py",
        "            self.gate.shut(frame.id, now + wait)\n",
        "",
        "what was refused for its rate is overtaken",
    ),
    _Fault(
        "net/inbound.py",
        "            self.gate.shut(frame.id, now + _SOON)\n",
        "",
        "what was refused because too much was outstanding is overtaken",
    ),
    _Fault(
        "net/resend_order.py",
        "        self._taken.clear()\n        self._refused.clear()",
        "        self._taken.clear()",
        "a gate never opens",
    ),
    _Fault(
        "net/outbound.py",
        "self._socket.write(self._frames)",
        "self._socket.write(self._frames[::-1])",
        "the frames of one turn go out in another order",
    ),
    _Fault(
        "net/outbound.py",
        "        for write in due:",
        "        for write in due[:1]:",
        "of the connections of one turn only the first is written to",
    ),
    _Fault(
        "sessions/attempt.py",
        "while await renew():",
        "while await renew() or True:",
        "a node goes on with a reply whose lease another has",
    ),
    _Fault(
        "server.py",
        "                self._registry.retry_reads()\n",
        "",
        "a node that could not read once lets its clients wait",
    ),
    _Fault(
        "server.py",
        "                if stalled:\n",
        "                if False:\n",
        "a node without its database keeps its clients",
    ),
    _Fault(
        "server.py",
        "            self._registry.hear(message)",
        "            pass",
        "a node does not listen to the others",
    ),
    _Fault(
        "sessions/registry.py",
        "        self.store.peers.follow(live.key)\n",
        "",
        "a node that makes a reply is not told who listens elsewhere",
    ),
    _Fault(
        "sessions/live.py",
        "            self.relay.tell(frame, fence)",
        "            pass",
        "a reply is seen on its own node only",
    ),
    _Fault(
        "sessions/live.py",
        "        if self.show(frame, fence):\n            self.relay",
        "        if self.show(frame, 0):\n            self.relay",
        "what is shown of a reply has no fence",
    ),
    _Fault(
        "sessions/live.py",
        "            self.relay.leave(listener)\n",
        "",
        "a connection that has ended counts on the other nodes",
    ),
    _Fault(
        "sessions/live.py",
        "        if listener.dial < self._dials.get(listener.instance, 0):\n"
        "            return Dropped.REPLACED\n",
        "",
        "a late hello replaces a newer connection",
    ),
    _Fault(
        "sessions/live.py",
        "(why := self.relay.judge(listener)) is not None",
        "(why := self.relay.judge(listener)) is Dropped.CROWDED",
        "an older connection stays beside a newer one on another node",
    ),
    _Fault(
        "sessions/relay.py",
        "return Dropped.CROWDED if listener",
        "return None if listener",
        "two nodes give the last place of a session to one learner each",
    ),
    _Fault(
        "sessions/relay.py",
        "            self._tell(frozenset({node}), reply.latest())",
        "            pass",
        "who changes the node during a reply does not see it",
    ),
    _Fault(
        "sessions/relay.py",
        "        if node not in self._nodes:\n            return",
        "        if False:\n            return",
        "a node that nobody listens on is told the text so far",
    ),
    _Fault(
        "sessions/relay.py",
        "            self._peers.want(piece.node, self._session.key)",
        "            pass",
        "nobody asks for a piece that was lost",
    ),
    _Fault(
        "sessions/relay.py",
        "        if self._session.show(frame, fence):\n",
        "        if self._session.show(frame, fence) and not self._tell(self._nodes, frame):\n",
        "a node tells the others what it was told",
    ),
    _Fault(
        "sessions/relay.py",
        "        if self._session.show(frame, fence):",
        "        reply = self._session.unanswered.reply\n"
        "        if self._session.show(frame, reply.fence if reply else fence):",
        "a piece of an older claim replaces what is newer",
    ),
    _Fault(
        "sessions/reply.py",
        "if not 0 <= known < len(delta.text):",
        "if known >= len(delta.text):",
        "a piece that leaves a gap is shown",
    ),
    _Fault(
        "sessions/reply.py",
        "text = delta.text[known:]",
        "text = delta.text",
        "what is known of a text is shown again",
    ),
)

MUTATIONS: Final = tuple(
    Mutation(f"tutor_widget/server/{one.file}", one.old, one.new, one.breaks, NODES)
    for one in _FAULTS
)
