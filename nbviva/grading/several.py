"""A hand-in of several notebooks: each is run and asked by itself, and what was found becomes one report's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from nbviva.grading.verdict import Outcome, Verdict
from nbviva.handin.doubt import Doubt
from nbviva.kernel.recording import NotAsked
from nbviva.kernel.transcript import BrokenTranscript, Transcript, joined_transcripts
from nbviva.week.week import Week

NOTHING_RUN = "nothing was run"


@dataclass(frozen=True)
class Examined:
    """What running and asking gave; the transcript is empty where nothing can be replayed."""

    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()
    kept_in: str = NOTHING_RUN
    transcript: bytes = b""
    seconds: dict[str, float] = field(default_factory=dict)
    memory: int = 0
    doubts: tuple[Doubt, ...] = ()


def alike(week: Week, outcome: Outcome, detail: str, cause: str) -> tuple[Verdict, ...]:
    """Let all checks of a week end in the same way."""
    return tuple(Verdict(c.name, c.exercise, outcome, c.sentence, detail, cause) for c in week.checks)


def apart(transcript: bytes | None, parts: Iterable[str]) -> Mapping[str, Transcript | None]:
    """Give the transcript of each notebook, of a hand-in that is to be graded by them; else none.

    Raises
    ------
    NotAsked
        If there is none that can be believed.
    """
    names = list(parts)
    if transcript is None:
        return dict.fromkeys(names)
    if not transcript:
        raise NotAsked("There is no transcript that can be believed.")
    try:
        read = Transcript.all_from_bytes(transcript)
    except BrokenTranscript as error:
        raise NotAsked(str(error)) from None
    if len(read) != len(names):
        raise NotAsked("The week has another number of notebooks.")
    return dict(zip(names, read, strict=True))


def together(week: Week, found: Mapping[str, Examined]) -> Examined:
    """Give what was found on a week's notebooks, by their names, as one; of one alone it is that.

    Each had a kernel of its own, one after the other: seconds add up, memory does not.
    """
    if len(found) == 1:
        return next(iter(found.values()))
    verdicts = {verdict.check: verdict for one in found.values() for verdict in one.verdicts}
    transcripts = [one.transcript for one in found.values()]
    return Examined(
        verdicts=tuple(verdicts[check.name] for check in week.checks),
        notes=tuple(f"{name}: {note}" for name, one in found.items() for note in one.notes),
        kept_in=next((one.kept_in for one in found.values() if one.kept_in != NOTHING_RUN), NOTHING_RUN),
        transcript=joined_transcripts(transcripts) if all(transcripts) else b"",
        seconds=_summed([one.seconds for one in found.values()]),
        memory=max(one.memory for one in found.values()),
        doubts=tuple(_of_notebook(week, name, doubt) for name, one in found.items() for doubt in one.doubts),
    )


def _summed(times: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total = Counter[str]()
    for one in times:
        total.update(one)
    return {name: round(seconds, 3) for name, seconds in total.items()}


def _of_notebook(week: Week, name: str, doubt: Doubt) -> Doubt:
    own = tuple(question.name for question in week.assignment.of(name).questions)
    return replace(doubt, sentence=f"{name}: {doubt.sentence}", questions=doubt.questions or own)
