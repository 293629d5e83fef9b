"""How learning platforms and nbgrader hand out what was handed in: one file a layout, and a generic one for folders.

Called by `nbviva.handin.collect`. Only names that the system chose are believed: a layout is told from the outermost
names, and of a name only the part before the student's own. Nothing is written here. Its face: `find.find_handins`.
"""
