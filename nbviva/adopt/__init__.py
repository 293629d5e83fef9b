"""An ordinary nbgrader assignment, read as a week of ours from its source notebooks alone; no notebook is changed.

Called by `nbviva.course` for weeks that have no folder in `graders/` but an entry in `adopted/`, and by `nbviva adopt`.
A test cell becomes a check that reads what the cell showed when it ran in its place, by nbgrader's rule. It runs
nothing, and knows neither nbgrader nor the gradebook. Its face: `reading.read_week`, `adoption.read_adoption`.
"""
