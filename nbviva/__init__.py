"""nbviva marks notebooks by asking them: the examiner asks, the student's kernel answers, only the examiner marks."""

import sys

# jsonschema, which reads every notebook, would build a grammar of addresses (IRI) at each start: 0.9 s of CPU for a
# format that no notebook's schema has. It does without where this module is missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
