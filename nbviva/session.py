"""A Jupyter session that drops what is not a well-formed message of our kernel's, and counts it.

Everything that arrives from a kernel is read here first: unsigned, forged, repeated, oversized and malformed frames
never reach the code that waits for an answer.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.session import Session

MAX_PARTS = 4101  # an answer's frames and the five of Jupyter's envelope
MAX_ENVELOPE_BYTES = 32 << 20
MAX_MESSAGE_BYTES = 288 << 20
_BAD = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError, MemoryError)


class GuardedSession(Session):
    """Gives an inert message in the place of one that cannot be trusted to be a message."""

    dropped = 0

    def feed_identities(self, msg_list: list[Any], copy: bool = True) -> tuple[list[Any], list[Any]]:
        """Split routing prefix and message; called by every channel for whatever arrives."""
        try:
            identities, rest = super().feed_identities(msg_list, copy=copy)
        except _BAD:
            return [], []
        return list(identities), list(rest)

    def deserialize(self, msg_list: list[Any], content: bool = True, copy: bool = True) -> dict[str, Any]:
        """Read one message; sizes are checked before anything is parsed."""
        sizes = [len(part) for part in msg_list]
        if len(sizes) > MAX_PARTS or sum(sizes[:5]) > MAX_ENVELOPE_BYTES or sum(sizes) > MAX_MESSAGE_BYTES:
            return self._drop()
        try:
            message: dict[str, Any] = super().deserialize(msg_list, content=content, copy=copy)
        except _BAD:
            return self._drop()
        return message if _is_message(message) else self._drop()

    def _drop(self) -> dict[str, Any]:
        self.dropped += 1
        empty: dict[str, Any] = {"header": {"msg_type": "dropped"}, "msg_id": "", "msg_type": "dropped"}
        return {**empty, "parent_header": {}, "metadata": {}, "content": {}, "buffers": []}


def _is_message(message: dict[str, Any]) -> bool:
    parts = (message.get(name) for name in ("header", "parent_header", "metadata", "content"))
    return all(type(part) is dict for part in parts) and type(message.get("msg_type")) is str
