"""What each Python that a test starts reads first: it leaves out what half of a program's start goes into, for nothing.

jsonschema would import a parser of internationalised addresses that is built at import: more than half of the time of
each `nbgrader` command. No schema of a notebook has such a format. nbviva leaves it out by itself.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)
