"""All code of ours that runs beside the student's: the agent that answers, the codec, the process that forks kernels.

It is copied into the sandbox as this folder alone, so it imports nothing else of nbviva. The codec serves both sides:
values to frames of bytes and back. Frame 0 is a JSON tree, the others are the raw bytes of arrays. Nothing is pickled
and only exact types are read, so no object of the student's ever lives in the examiner's process. `kinds` lists what
may cross beyond plain data; a library is imported only where a value of it is met. The student can change all that runs
here, and nothing trusts it. `cellcode` reads cells as the tester and the examiner do. Its face: `encode`, `decode`,
`CAPS`; in the sandbox `agent.main`, `forking.wait_for_fork`.
"""

from __future__ import annotations

from nbviva.inside.decoder import decode
from nbviva.inside.encoder import encode
from nbviva.inside.plain import ARRAY_DTYPES, CAPS, Caps, Frames, Handle, Opaque, Unreadable

__all__ = ["ARRAY_DTYPES", "CAPS", "Caps", "Frames", "Handle", "Opaque", "Unreadable", "decode", "encode"]
