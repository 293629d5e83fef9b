"""Before the first mark: a course directory is begun, and what machine and course lack is said.

Called by `nbviva init` and `nbviva doctor`. It writes only what was not there, and never looks into a hand-in. Its
face: `begin.begin`, `doctor.examine`.
"""
