"""The documentation site: these Markdown files, those of the repository's root, and all commands with their help."""

from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

project = "nbviva"
author = "nbviva contributors"
version = release = version_of("nbviva")
extensions = ["myst_parser", "sphinxcontrib.typer"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_title = "nbviva"
html_theme_options = {
    "description": "Notebooks are marked by asking them; student code never runs where a mark is decided.",
    "page_width": "1080px",
    "fixed_sidebar": True,
}
html_show_copyright = False
myst_heading_anchors = 4

_ROOT = Path(__file__).parent.parent
_FILES = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")


def setup(app: Sphinx) -> None:
    """Put the root's files in the place of the pages that only name them, with links that lead to pages."""
    app.connect("source-read", _page_of_the_root)


def _page_of_the_root(_: Sphinx, page: str, source: list[str]) -> None:
    name = next((name for name in _FILES if Path(name).stem.lower() == page), "")
    if name:
        text = (_ROOT / name).read_text("utf-8").replace("](docs/", "](")
        for other in _FILES:
            text = text.replace(f"]({other})", f"]({Path(other).stem.lower()}.md)")
        source[0] = text if name.endswith(".md") else f"# {name}\n\n```text\n{text}```\n"
