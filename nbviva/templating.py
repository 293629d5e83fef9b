"""The HTML templates of `nbviva/templates/`: what is put into them is escaped, and what is missing is an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def template(name: str, **filters: Callable[..., Any]) -> Template:
    """Give a template of ours, with these filters of its own."""
    environment = Environment(
        loader=PackageLoader("nbviva"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= filters
    return environment.get_template(name)
