"""How each side reads a frame, for tests that do so for both."""

from __future__ import annotations

from tutor_widget import wire
from tutor_widget.errors import ProtocolError

DECODE = {"client": wire.decode_client, "server": wire.decode_server}
"""By who wrote the frame."""


def protocol_fault(side: str, text: str | bytes) -> str:
    """What the reader of a frame of this side finds wrong with it; "" if nothing."""
    try:
        DECODE[side](text)
    except ProtocolError as error:
        return str(error)
    return ""
