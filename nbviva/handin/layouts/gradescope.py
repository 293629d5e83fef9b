"""Gradescope's export: a folder `submission_N` a hand-in, and `submission_metadata.yml` with submitters and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import yaml

from nbviva.handin.archive import ArchivedFile, Source
from nbviva.handin.layouts.layout import Gathered, Layout, Owner, Parts, Wanted, read_text
from nbviva.handin.people import Person
from nbviva.week.deadline import parse_stamp

_METADATA = "submission_metadata.yml"
_MOST = 64 << 20  # it has the output of every test of an autograder, too


class Gradescope(Layout):
    """The folder's number changes with every attempt, so the owner is who submitted."""

    name = "Gradescope"

    def prefixes(self, paths: Sequence[Parts], wanted: Wanted) -> list[Parts]:
        """Give the place of the metadata."""
        del wanted
        return [()] if any(path == (_METADATA,) for path in paths) else []

    def owner(self, parts: Parts) -> Owner | None:
        """Give the submission's folder, or the PDF that stands in its place, as the key."""
        if parts[0] == _METADATA:
            return None
        return Owner(parts[0], path=parts[1:] or parts)

    def settled(
        self, source: Source, handins: list[Gathered], rest: list[ArchivedFile], wanted: Wanted
    ) -> list[Gathered]:
        """Read who submitted, and when."""
        del wanted
        item = next(item for item in rest if item.parts[-1] == _METADATA)
        rest.remove(item)
        data = _loaded(read_text(source, item, _MOST))
        return [_submitted(handin, data.get(handin.owner.key)) for handin in handins]


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - it is the safe one
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _submitted(handin: Gathered, entry: Any) -> Gathered:
    if not isinstance(entry, dict):
        return replace(handin, notes=(f"{_METADATA} does not say whose it is.",), doubtful=True)
    said = entry.get(":submitters")
    found = [item for item in said if isinstance(item, dict)] if isinstance(said, list) else []
    people = tuple(_person(item) for item in found)
    keys = sorted(person.number or person.email or person.name for person in people)
    moment = _moment(entry.get(":created_at"))
    key = "+".join(filter(None, keys)) or handin.owner.key
    return replace(handin, owner=replace(handin.owner, key=key, people=people), told=(moment,) if moment else ())


def _person(item: Mapping[str, Any]) -> Person:
    name, number, email = (str(item.get(field) or "").strip()[:200] for field in (":name", ":sid", ":email"))
    return Person(name, number, email)


def _moment(value: Any) -> datetime | None:
    """Give a moment; YAML's own ones without a zone are UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return parse_stamp(str(value)) if value else None
