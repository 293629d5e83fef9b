"""A doubt: what a person has to decide before a hand-in's questions have a mark, in one sentence.

Whoever reads a hand-in and finds what is not the student's answer to a question (which file counts, whose it is, what
cannot be read, what contradicts itself) gives a `Doubt`; `Handin.doubts` has them all. Grading goes on all the same:
the questions concerned keep what nbviva would give as provisional points, and have no mark until a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Doubt:
    """One reason why a person decides.

    Attributes
    ----------
    sentence
        What is doubtful, for the person who decides and for the group, in one sentence that ends with a full stop.
    questions
        The `grade_id`s of the questions concerned; empty for all.
    """

    sentence: str
    questions: tuple[str, ...] = ()

    def concerns(self, question: str) -> bool:
        """Whether the mark of this question waits for a person."""
        return not self.questions or question in self.questions
