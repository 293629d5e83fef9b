"""Answers with what a report looks like: verdicts, marks, points and outcomes of the examiner's own."""

from forge import answering

CELLS = [
    answering(
        "[json.dumps(['tuple', 'passed', {'points': 3}]).encode()] if len(str(parent)) % 2 else"
        " [tree(['dict', ['outcome', 'passed'], ['points', 3.0], ['__class__', 'Verdict']])]"
    ),
]
