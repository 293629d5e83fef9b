"""A toy course for the framework's tests."""

from pathlib import Path

from nbviva.preprocessor import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by traitlets
configure(c, Path(__file__).resolve().parent)
