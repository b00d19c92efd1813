"""The wire format ``tutor.v1``: the only code that knows it.

`docs/protocol.md` states it for users.

``frames``  what travels, as structs     ``codec``  frames ⇄ bytes
``guard``   bounds on hostile input      ``text``   ids, texts, contexts
"""

from .codec import decode_client, decode_server, encode, encode_bytes
from .frames import (
    MAX_CLIENT_FRAME,
    MAX_CONTEXT,
    MAX_REPLY,
    MAX_SERVER_FRAME,
    SUBPROTOCOL,
    Answering,
    Bye,
    ClientFrame,
    Delta,
    Erase,
    Event,
    Hello,
    Limits,
    Older,
    Page,
    Refused,
    Report,
    Reported,
    Send,
    ServerFrame,
    State,
    Stop,
    Welcome,
    Withdraw,
)
from .guard import is_utf8
from .text import context_fault, is_blank, is_id, is_learner_id, without_surrogates

__all__ = [
    "MAX_CLIENT_FRAME",
    "MAX_CONTEXT",
    "MAX_REPLY",
    "MAX_SERVER_FRAME",
    "SUBPROTOCOL",
    "Answering",
    "Bye",
    "ClientFrame",
    "Delta",
    "Erase",
    "Event",
    "Hello",
    "Limits",
    "Older",
    "Page",
    "Refused",
    "Report",
    "Reported",
    "Send",
    "ServerFrame",
    "State",
    "Stop",
    "Welcome",
    "Withdraw",
    "context_fault",
    "decode_client",
    "decode_server",
    "encode",
    "encode_bytes",
    "is_blank",
    "is_id",
    "is_learner_id",
    "is_utf8",
    "without_surrogates",
]
