"""The client's session: a pure machine, joined to the world by `tutor_widget.client.client`.

``machine``     the phases and the table of transitions; begin here
``events``      what goes in            ``effects``   what comes out
``transcript``  the prefix of the log   ``outgoing``  the queue of unacknowledged messages
``endings``     the table of endings    ``comeback``  whether and when to come back
``keepalive``   silence and pings       ``backoff``   how long to wait
``standing``    what people are told

Nothing below this folder imports asyncio, sockets, files, clocks or randomness.
"""

from .backoff import Backoff
from .endings import Ending, Kind, Policy, Recovery, policy_for
from .machine import Phase, Session
from .outgoing import Message, MessageStatus
from .status import Standing
from .transcript import Reply

__all__ = [
    "Backoff",
    "Ending",
    "Kind",
    "Message",
    "MessageStatus",
    "Phase",
    "Policy",
    "Recovery",
    "Reply",
    "Session",
    "Standing",
    "policy_for",
]
