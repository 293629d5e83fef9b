"""A kernel that puts the filter of calls in force itself, before it is one: where an engine builds the sandbox.

`python -P -m nbviva.inside.filtered FILTER -f connection.json` reads the filter from a file and becomes the agent.
"""

import sys
from pathlib import Path

from nbviva.inside import agent, namespaces

if __name__ == "__main__":
    namespaces.filter_calls(Path(sys.argv.pop(1)).read_bytes())
    agent.main()
