"""nbgrader's tables and seams: what grading found is entered here, and what a person decided is kept.

Called by the commands when reports stand, and by nbgrader itself through `nbgrader.configure`. One writer at a time.
This room and `feedback` alone know nbgrader. It never runs a notebook, and never writes a manual mark or comment. Its
face: `record.record`, `penalties.recompute`, `nbgrader.configure`.
"""
