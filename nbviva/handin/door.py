"""A hand-in at the door: one value, made once of its folder, and handed on to all who want to know something of it.

The folder is walked once. Bytes alone tell whether a report is fresh, so nothing is parsed for that; notebooks and
sheet are parsed where somebody first asks for them, and then kept.
"""

from __future__ import annotations

import hashlib
import shutil
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from nbviva.course import Course
from nbviva.handin.candidates import Candidate, TakenNotebook, take_notebook
from nbviva.handin.doubt import Doubt
from nbviva.handin.notebook import FramedNotebook, absent, among_others, blank, merge
from nbviva.handin.papers import PAPERS, TakenSheet, is_pdf, take_sheet
from nbviva.handin.people import Person, header_people
from nbviva.handin.unpacked import Unpacked, unpack, unpacked_path
from nbviva.handin.walk import HandedFile, Walk, walk
from nbviva.notebooks import NotebookNode
from nbviva.week.fields import FORM_NAME
from nbviva.week.spec import Assignment
from nbviva.week.week import Week

_WORK = (".py", ".ipynb", ".html", ".docx", ".odt", ".pdf")  # in a folder of data, too
DESCRIPTION = "nbviva.json"  # of the release, by which a group looks at its hand-in itself


@dataclass(frozen=True, eq=False)
class Handin:
    """A group's hand-in for a week; what is parsed of it is parsed at its first use.

    Attributes
    ----------
    came
        What the walk found: files, and what is none.
    """

    group: str
    came: Walk
    week: Week = field(repr=False)

    def tidy(self) -> None:
        """Remove what was unpacked aside; who asks for the files again has them unpacked anew. Called after grading."""
        opened: Unpacked | None = self.__dict__.pop("_unpacked", None)
        if opened is not None and opened.aside is not None:
            shutil.rmtree(opened.aside, ignore_errors=True)

    @cached_property
    def _unpacked(self) -> Unpacked:
        opened = unpack(self.came.files)
        if opened.aside is not None:
            weakref.finalize(self, shutil.rmtree, opened.aside, ignore_errors=True)
        return opened

    @property
    def files(self) -> tuple[HandedFile, ...]:
        """The files of the hand-in, sorted, without litter, with those of its archives: what a kernel may see."""
        return self._unpacked.files

    @property
    def assignment(self) -> Assignment:
        """What the week asks."""
        return self.week.assignment

    @cached_property
    def template(self) -> NotebookNode:
        """The release's notebook, into whose frame the hand-in's cells are put."""
        from nbviva.week.source import frame  # with jupytext, which nobody needs who only wants the digest

        return frame(self.week)

    @cached_property
    def _found(self) -> dict[str, TakenNotebook]:
        """For each notebook of the week what was taken for it; one that has another one's name is not looked at."""
        from nbviva.week.source import releases

        names = self.assignment.notebooks
        if len(names) == 1:
            return {name: take_notebook(self.files, f"{name}.ipynb", one) for name, one in releases(self.week).items()}
        given = {FORM_NAME, *(path.name for path in self._given)}
        files = [file for file in self.files if file.path.name not in given]
        found = {name: _taken(name, names, files, release) for name, release in releases(self.week).items()}
        known = {one.taken.file.path for one in found.values() if one.taken and one.taken.is_ours}
        left = [file for file in files if file.path not in known]  # none of another notebook's is taken for want of one
        for name, release in releases(self.week).items():
            taken = found[name].taken
            again = taken is not None and taken.file.path in known and not taken.is_ours
            found[name] = self._about(name, _taken(name, names, left, release) if again else found[name])
        return found

    @property
    def _given(self) -> set[PurePosixPath]:
        """The paths of what the release has beside notebooks and sheet."""
        return {PurePosixPath(DESCRIPTION), *(PurePosixPath(path) for path, _ in self.assignment.files)}

    def _about(self, part: str, taken: TakenNotebook) -> TakenNotebook:
        """Let a notebook's doubts concern its own questions."""
        own = tuple(question.name for question in self.assignment.of(part).questions)
        return replace(taken, doubts=tuple(replace(doubt, questions=own) for doubt in taken.doubts))

    @property
    def notebooks(self) -> tuple[Candidate, ...]:
        """The notebooks that count, in the order of the week's; none where none could be read."""
        return tuple(found.taken for found in self._found.values() if found.taken)

    @property
    def broken(self) -> str:
        """Why there is no notebook that could be run, or empty."""
        return "" if self.notebooks else next(found.broken for found in self._found.values())

    @property
    def came_empty(self) -> bool:
        """Whether really nothing came: no file, and nothing that could have been one."""
        return not (self.files or self.came.litter or self.came.links)

    def framed(self) -> dict[str, FramedNotebook]:
        """Give the notebooks as they are graded, by name: new ones each time, since grading fills them with outputs."""
        from nbviva.week.source import frames

        parts = {name: self._framed(name, frame) for name, frame in frames(self.week).items()}
        return among_others(parts, self.assignment)

    def _framed(self, name: str, frame: NotebookNode) -> FramedNotebook:
        found = self._found[name]
        if not self.notebooks:
            return blank(frame)
        if found.taken is None:
            return absent(frame, found.broken if found.doubts else f"{name}.ipynb was not handed in.")
        in_place = self.assignment.adopted
        return merge(found.taken.cells, found.taken.recognised, frame, in_place=in_place)

    @cached_property
    def sheet(self) -> TakenSheet:
        """The exercise sheet that counts; all PDFs are parsed in one process. An adopted week has none."""
        if self.assignment.adopted:
            return TakenSheet()
        return take_sheet(self.files, self.assignment, self.template)

    @cached_property
    def pdfs(self) -> tuple[HandedFile, ...]:
        """The files that may be the sheet."""
        return tuple(filter(is_pdf, self.files))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken, what else was there, and why not that: sentences that the group reads."""
        closed = self._unpacked.problems if self._is_worked else ()
        found = [note for taken in self._found.values() for note in taken.notes]
        return (*found, *((self.broken,) if self.broken else ()), *self.sheet.notes, *closed)

    @property
    def in_header(self) -> tuple[Person, ...]:
        """Whom the notebooks' markdown cells name."""
        cells = [cell for notebook in self.notebooks for cell in notebook.cells]
        return header_people(cell.source for cell in cells if cell.type == "markdown")

    @cached_property
    def fingerprint(self) -> str:
        """Twelve digits by which to see whether two folders hold the same notebook and PDFs, wherever these lie.

        `nbviva check` shows it to the group, and `collect` to who marks.
        """
        parts = sorted(hashlib.sha256(file.content()).hexdigest() for file in self._told_by)
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]

    @property
    def _told_by(self) -> Iterator[HandedFile]:
        yield from (notebook.file for notebook in self.notebooks)
        yield from self.pdfs

    @property
    def _is_worked(self) -> bool:
        return any(notebook.is_worked for notebook in self.notebooks)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What a person has to decide about before a mark stands; none for most hand-ins."""
        how = [Doubt(self.came.said)] if self.came.said else []
        found = [doubt for taken in self._found.values() for doubt in taken.doubts]
        told = (*how, *found, *map(Doubt, self._strays()), *self.sheet.doubts, *self._unanswered())
        return tuple(dict.fromkeys(told))

    def _strays(self) -> Iterator[str]:
        """Say what came, where no work of the group's was found in a notebook."""
        if not self._is_worked:
            yield from self._unpacked.problems
        if not self.notebooks and not self.files and not self.came_empty:
            names = ", ".join((*self.came.links, *self.came.litter)[:5])
            yield f"What came holds no work that can be read: {names}."
        if self.notebooks and not self._is_worked and (others := self._others()):
            name, beside = self.notebooks[0].file.name, ", ".join(file.name for file in others[:5])
            yield f"Nothing was filled in in {name}; beside it there is {beside}."

    def _unanswered(self) -> Iterator[Doubt]:
        """Doubt the questions that neither notebook nor sheet answers, where another file may answer them."""
        if not self._is_worked:
            return
        papers = [file.name for file in self._others() if file.path.suffix.lower() in PAPERS]
        beside = f"Beside them there is {', '.join(papers[:5])}, which is not read." if papers else ""
        unread = " ".join(filter(None, (beside, *self._unpacked.problems)))
        filled = self.sheet.filled
        on_paper = filled.answers.keys() | filled.refused.keys() - filled.empty if filled else set()
        given = frozenset[str]().union(on_paper, *(notebook.defined for notebook in self.notebooks))
        asked = [q for q in self.assignment.questions if any(answer not in given for answer, _ in q.answers)]
        if asked and unread:
            numbers = ", ".join(dict.fromkeys(question.number for question in asked))
            said = f"Notebook and sheet have no answer to question {numbers}. {unread}"
            yield Doubt(said, tuple(question.name for question in asked))

    def _others(self) -> list[HandedFile]:
        """Files that are neither the notebook, nor blank, nor a PDF, nor of the release: somebody's work, perhaps."""
        ours = [file for taken in self._found.values() for file in taken.blank]
        ours += [notebook.file for notebook in self.notebooks]
        known = {*(file.path for file in (*ours, *self.pdfs)), *self._given}
        return [
            file
            for file in self.files
            if file.path not in known | self._unpacked.opened
            and not ("data" in file.path.parts[:-1] and file.path.suffix.lower() not in _WORK)
        ]

    def staged(self) -> Iterator[tuple[Path, PurePosixPath]]:
        """Give what a kernel may see, each file with its path there: the notebook's own folder is where it runs.

        Other notebooks are there for `%run` and imports; those that run are not. What came in an archive lies in a
        folder of the archive's name, beside the archive itself.
        """
        taken = [notebook.file.path for notebook in self.notebooks]
        around = {folder for file in self.files for folder in file.path.parents}
        archives = around & {file.path for file in self.files}
        base = unpacked_path(taken[0] if taken else PurePosixPath("none"), archives).parent
        for file in self.files:
            if file.path not in taken:
                path = unpacked_path(file.path, archives)
                yield file.place, path.relative_to(base) if path.is_relative_to(base) else path


def _taken(name: str, names: Sequence[str], files: Sequence[HandedFile], release: NotebookNode) -> TakenNotebook:
    """Take one of a week's notebooks; a file that has the name of another one is not looked at."""
    others = {f"{other}.ipynb" for other in names if other != name}
    return take_notebook([file for file in files if file.path.name not in others], f"{name}.ipynb", release)


def open_handin(course: Course, week: Week, group: str) -> Handin:
    """Take a group's hand-in at the door; never raises for what is in the folder."""
    return Handin(group, walk(course.submitted(week.assignment.week, group)), week)


def open_handins(course: Course, week: str, groups: Sequence[str] | None = None) -> dict[str, Handin]:
    """Take hand-ins of a week (default: all) at the door, by group; the week's checks are not loaded for that."""
    asked = course.asked(week)
    return {group: open_handin(course, asked, group) for group in groups or course.groups(week)}
