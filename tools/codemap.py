"""Print the codemap of ARCHITECTURE.md: every module in layer order, with the first sentence of its docstring."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def codemap() -> str:
    """Give the table as Markdown."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    rows = ["| module | what it is for |", "| --- | --- |"]
    for layer in contracts[0]["layers"]:
        names = re.split(r"\s*[|:]\s*", layer)
        rows += [f"| `{name}` | {_first_sentence(ROOT / 'nbviva' / f'{name}.py')} |" for name in names]
    return "\n".join(rows)


def _first_sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return re.split(r"(?<=\.)\s", " ".join(docstring.split()))[0]


if __name__ == "__main__":
    print(codemap())
