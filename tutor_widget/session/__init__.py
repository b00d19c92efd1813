"""The client's session: a pure state machine; `tutor_widget.client.client` performs its effects.

``machine``     the table of transitions; begin here
``phase``       the states              ``received``  what each frame of the server means
``events``      what goes in            ``effects``   what comes out
``delivery``    what belongs to whom    ``queue/``      what is not acknowledged
``message``     what waits there        ``transcript``  the held part of the log
``endings``     the table of endings    ``retry``     whether and when to dial again
``keepalive``   silence and pings       ``status``    what people see

Nothing in this folder imports asyncio, sockets, files, clocks or randomness.
"""

from .endings import Ending, Kind, Policy, Recovery, policy_for
from .machine import Session
from .message import Entry, Message, MessageStatus, Request
from .phase import Phase
from .status import ConnectionStatus
from .transcript import Reply

__all__ = [
    "ConnectionStatus",
    "Ending",
    "Entry",
    "Kind",
    "Message",
    "MessageStatus",
    "Phase",
    "Policy",
    "Recovery",
    "Reply",
    "Request",
    "Session",
    "policy_for",
]
