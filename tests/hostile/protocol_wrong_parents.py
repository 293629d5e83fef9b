"""Answers each question with the parent of another one, or with none, so that no answer is ever the right one's."""

from forge import answering

CELLS = [answering("[tree(0.0)]").replace("parent=parent", "parent={'msg_id': 'another'}")]
