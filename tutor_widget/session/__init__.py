"""The client's session: a pure state machine; `tutor_widget.client.client` performs its effects.

``machine``     the table of transitions; begin here
``phase``       the states              ``received``  what each frame of the server means
``events``      what goes in            ``effects``   what comes out
``delivery``    messages and accounts   ``queue/``      the unacknowledged messages
``message``     one of them             ``transcript``  the held part of the log
``endings``     the table of endings    ``retry``     whether and when to dial again
``keepalive``   silence and pings       ``status``    what people see

Nothing in this folder imports asyncio, sockets, files, clocks or randomness.
"""

from .endings import Ending, Kind, Policy, Recovery, policy_for
from .machine import Session
from .message import Message, MessageStatus
from .phase import Phase
from .status import ConnectionStatus
from .transcript import Reply

__all__ = [
    "ConnectionStatus",
    "Ending",
    "Kind",
    "Message",
    "MessageStatus",
    "Phase",
    "Policy",
    "Recovery",
    "Reply",
    "Session",
    "policy_for",
]
