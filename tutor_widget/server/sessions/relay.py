"""One session across nodes: who is connected to it elsewhere, and the reply frames that cross.

Who      Other nodes tell their connections late. So a newcomer is judged twice: when it comes, by
         what is known then, and whenever more is known. Of two connections of an instance the newer
         one stays, and of all instances the first few. Every node judges its own listeners only,
         and all by the same order.

Frames   A frame of the reply that is made here goes to the nodes that have a listener, and to no
         other. A node that appears is told the text so far first. What was told by another node is
         shown here, and told to nobody. A frame that shows what waits (its fence is 0) stays here:
         each node finds that out by itself, from its own queue and from the store.

A gap    Frames may be lost. A node that lacks what came before one asks for all of the text.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from tutor_widget.server.metrics import Metrics
from tutor_widget.server.store import SessionKey
from tutor_widget.server.store.peers import Peers, Piece, Presence
from tutor_widget.wire import Answering, Delta

from .listener import Dropped, Listener
from .reply import Unanswered

__all__ = ["Relay"]

_ASK_AGAIN: Final = 2.0
"""Seconds after which the text so far is asked for again, if it has not come."""


class Session(Protocol):
    """What a relay needs of its session."""

    key: SessionKey
    unanswered: Unanswered

    def show(self, frame: Answering | Delta, fence: int = 0) -> bool: ...


class Relay:
    """What a session knows of its other nodes, and tells them. ``most``: instances it may have."""

    def __init__(self, session: Session, peers: Peers, most: int, metrics: Metrics) -> None:
        self._session = session
        self._peers = peers
        self._most = most
        self._metrics = metrics
        self._connections: tuple[Presence, ...] = ()
        """Through all nodes, in their order."""
        self._nodes: frozenset[str] = frozenset()
        """The other nodes that have a listener."""
        self._fence = 0
        """Of the claim under which a reply was made here last."""
        self._asked = (0, 0.0)
        """The fence of the reply whose text was asked for, and when that was."""
        self._early: Piece | None = None
        """The last one of a reply to a message that is not the oldest here, perhaps not yet."""

    # --- who --------------------------------------------------------------------------------------

    def enter(self, listener: Listener) -> None:
        """The session has this listener here."""
        self._peers.enter(self._session.key, listener.instance, listener.dial)

    def leave(self, listener: Listener) -> None:
        """It is gone, or was replaced."""
        self._peers.leave(self._session.key, listener.instance, listener.dial)

    def present(self, connections: tuple[Presence, ...]) -> None:
        """These are the connections through all nodes."""
        self._connections = connections
        before, here = self._nodes, self._peers.node
        self._nodes = frozenset(one.node for one in connections if one.node != here)
        for node in self._nodes - before:
            self.repeat(node)

    @property
    def instances(self) -> set[str]:
        """The instances that are connected elsewhere."""
        return {one.instance for one in self._connections if one.node != self._peers.node}

    def judge(self, listener: Listener) -> Dropped | None:
        """Why a listener here has to go, or None if it may stay."""
        newest = self._newest() if self._nodes else {}
        if (best := newest.get(listener.instance)) is None:
            return None
        if best.dial > listener.dial or (best.dial == listener.dial and self._is_later(best)):
            return Dropped.REPLACED
        return Dropped.CROWDED if listener.instance not in list(newest)[: self._most] else None

    def _is_later(self, best: Presence) -> bool:
        """Whether the hello of this connection, the newest of its instance, was not here, and after
        one with the same dial that was here. If that is not known yet, it was before."""
        here = self._peers.node
        return best.node != here and any(
            (one.node, one.instance, one.dial) == (here, best.instance, best.dial)
            for one in self._connections
        )

    def _newest(self) -> dict[str, Presence]:
        """The newest connection of each instance, in the order of their numbers."""
        newest: dict[str, Presence] = {}
        for one in sorted(self._connections, key=lambda one: (one.dial, one.number)):
            newest[one.instance] = one
        by_number = sorted(newest.values(), key=lambda one: one.number)
        return {one.instance: one for one in by_number}

    # --- frames -----------------------------------------------------------------------------------

    def tell(self, frame: Answering | Delta, fence: int) -> None:
        """Tell a frame of the reply that is made here, where somebody listens."""
        self._fence = fence
        self._tell(self._nodes, frame)

    def repeat(self, node: str) -> None:
        """Tell the node all of the reply that is made here, if one is, and if it has a listener."""
        reply = self._session.unanswered.reply
        if node not in self._nodes:
            return  # its listener has left, or is not known yet: then this comes again
        if reply is not None and reply.under_way and reply.fence == self._fence:
            self._tell(frozenset({node}), reply.latest())

    def hear(self, piece: Piece) -> None:
        """Show a frame that another node has told, or ask that node for what came before it."""
        frame, fence = piece.frame, piece.fence
        if self._session.show(frame, fence):
            self._asked = (0, 0.0)
        elif frame.re != self._session.unanswered.oldest:
            self._early = piece
        elif isinstance(frame, Delta) and self._session.unanswered.lacks(frame, fence):
            self._ask(piece)

    def advanced(self) -> None:
        """The log was sent on. What came too early may be shown now."""
        early = self._early
        if early is not None and early.frame.re == self._session.unanswered.oldest:
            self._early = None
            self._ask(early)

    def _tell(self, nodes: frozenset[str], frame: Answering | Delta) -> None:
        if nodes:
            self._peers.tell(nodes, self._session.key, self._fence, frame)
            self._metrics.count("relayed", len(nodes))

    def _ask(self, piece: Piece) -> None:
        now = asyncio.get_running_loop().time()
        fence, since = self._asked
        if piece.fence != fence or now - since >= _ASK_AGAIN:
            self._asked = (piece.fence, now)
            self._peers.want(piece.node, self._session.key)
