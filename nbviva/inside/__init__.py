"""Plain data and arrays to frames of bytes and back: what may cross between a student's kernel and the examiner.

Frame 0 is a JSON tree, the others are the raw bytes of arrays. Nothing is pickled and only exact types are read,
so no object of the student's ever lives in the examiner's process. Both sides import this module; it needs numpy
only where an array is met.
"""

from __future__ import annotations

from nbviva.inside.decoder import decode
from nbviva.inside.encoder import encode
from nbviva.inside.plain import ARRAY_DTYPES, CAPS, Caps, Frames, Handle, Opaque, Unreadable

__all__ = ["ARRAY_DTYPES", "CAPS", "Caps", "Frames", "Handle", "Opaque", "Unreadable", "decode", "encode"]
