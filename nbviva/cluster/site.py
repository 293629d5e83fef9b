"""A cluster's settings as its owner writes them, `slurm.toml`: what to ask SLURM for, and how workers reach home."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from nbviva.errors import CourseError, SpecError
from nbviva.grading.options import read_size
from nbviva.week.toml_fields import TomlFields

_TIME = re.compile(r"(\d+-)?\d+(:\d\d){0,2}")
_OURS = {
    "--array", "-a", "--chdir", "-D", "--error", "-e", "--export", "--job-name", "-J", "--mem", "--output", "-o",
    "--partition", "-p", "--account", "-A", "--time", "-t", "--ntasks", "-n", "--nodes", "-N", "--wrap",
}  # fmt: skip


@dataclass(frozen=True)
class Certificates:
    """TLS files that nodes and this machine see at the same paths."""

    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class SiteSettings:
    """What stands in the file.

    Attributes
    ----------
    host
        This machine, as the nodes name it.
    shared
        A folder that this machine and the nodes see at the same path, for logs and the batch's own certificate.
    jobs
        How many at a time; each is one worker on one core.
    memory
        Of a job, in bytes.
    time
        Of a job, as SLURM writes it; the batch may take longer, since jobs that end are replaced.
    partition, account, options
        Handed on to sbatch.
    python
        The Python of nbviva's environment on the nodes; empty: this one.
    before
        Lines of shell that run before the worker, such as `module load`.
    port
        Of the scheduler here; 0: any.
    interface
        The nodes' network interface; empty: that which leads here.
    certificates
        None: one is made for each batch.
    """

    host: str
    shared: Path
    jobs: int
    memory: int
    time: str
    partition: str = ""
    account: str = ""
    options: tuple[str, ...] = ()
    python: str = ""
    before: tuple[str, ...] = ()
    port: int = 0
    interface: str = ""
    certificates: Certificates | None = None


_REQUIRED = {
    "host": 'this machine as the nodes name it, as in host = "login1"',
    "shared": 'a folder that nodes see, too, as in shared = "/home/you/nbviva"',
    "jobs": "how many at a time, as in jobs = 100",
    "time": 'how long one job may take, as in time = "04:00:00"',
}


def read_site(path: Path) -> SiteSettings:
    """Read a settings file.

    Raises
    ------
    SpecError
        With one sentence that names the line and the field to change.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise SpecError(f"{path} cannot be read ({error.strerror}): docs/scale.md shows such a file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} is no valid TOML: {error}.") from None
    return _SiteFields(path, text).site(data)


class _SiteFields(TomlFields):
    """Reads one settings file."""

    def site(self, data: dict[str, Any]) -> SiteSettings:
        """Read the whole file."""
        for field in data:
            if field not in {item.name for item in fields(SiteSettings)}:
                self.fail(field, "is not known; remove it or correct its spelling")
        for field, what in _REQUIRED.items():
            if field not in data:
                self.fail(field, f"is missing: {what}")
        return SiteSettings(
            host=self.word(data, "host"),
            shared=self.folder(data, "shared"),
            jobs=self.whole(data, "jobs", 1, 100_000),
            memory=self.size(data),
            time=self.span(data),
            partition=self.word(data, "partition"),
            account=self.word(data, "account"),
            options=self.handed_on(data),
            python=self.word(data, "python"),
            before=self.lines_of_shell(data),
            port=self.whole(data, "port", 0, 65_535),
            interface=self.word(data, "interface"),
            certificates=self.certificates(data),
        )

    def word(self, data: dict[str, Any], field: str) -> str:
        """Read a text without blanks; empty where there is nothing."""
        value = data.get(field, "")
        if type(value) is not str or (field in data and not re.fullmatch(r"[\w./:@%+,=-]+", value)):
            self.fail(field, "must be a text without blanks, quotes and signs of the shell")
        return value

    def whole(self, data: dict[str, Any], field: str, least: int, most: int) -> int:
        """Read a whole number."""
        value = data.get(field, least)
        if type(value) is not int or not least <= value <= most:
            self.fail(field, f"must be a whole number from {least} to {most}")
        return value

    def folder(self, data: dict[str, Any], field: str) -> Path:
        """Read a path from the root, since this machine and the nodes have to mean the same."""
        path = Path(self.word(data, field))
        if not path.is_absolute():
            self.fail(field, "must be a whole path that begins with /, the same here and on the nodes")
        return path

    def size(self, data: dict[str, Any]) -> int:
        """Read the memory of a job."""
        try:
            found = read_size(str(data.get("memory", "6G")))
        except CourseError:
            found = None
        return found or self.fail("memory", 'must be a size such as "6G"')

    def span(self, data: dict[str, Any]) -> str:
        """Read a limit of time as SLURM takes it."""
        value = data["time"]
        if type(value) is not str or not _TIME.fullmatch(value):
            self.fail("time", 'must be a time of SLURM\'s, such as "04:00:00" or "2-00:00:00"')
        return value

    def handed_on(self, data: dict[str, Any]) -> tuple[str, ...]:
        """Read options for sbatch, none of which is one of ours."""
        found = self.names(data, "options")
        for option in found:
            name = option.partition("=")[0].split(" ")[0]
            if not option.startswith("-"):
                self.fail("options", f"has {option!r}: each must be an option of sbatch, as in --qos=low")
            if name in _OURS:
                self.fail("options", f"has {name}, which nbviva sets by itself: use its own field, or leave it out")
        return found

    def lines_of_shell(self, data: dict[str, Any]) -> tuple[str, ...]:
        """Read lines that run before the worker."""
        found = self.names(data, "before")
        if any("\n" in line for line in found):
            self.fail("before", "must be a list of lines, one line of shell each")
        return found

    def certificates(self, data: dict[str, Any]) -> Certificates | None:
        """Read where TLS files lie; all three, or none."""
        if "certificates" not in data:
            return None
        given, names = data["certificates"], [item.name for item in fields(Certificates)]
        if type(given) is not dict or sorted(given) != sorted(names):
            self.fail("certificates", f"must have the paths {', '.join(names)}, and nothing else")
        paths = [self.folder(given, name) for name in names]
        for path in paths:
            if not path.is_file():
                self.fail("certificates", f"names {path}, which is not there")
        return Certificates(*paths)
