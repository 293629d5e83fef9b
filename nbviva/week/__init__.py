"""What an author writes, and what is made of it: declarations, comparisons, the source notebook, the sheet's form.

Called by weeks (through `nbviva.author`) and by every room that needs to know what is asked. It reads the author's
files and never a student's. Its face: `week.load`, `spec.read_assignment`, `declare.check`, `source.source_notebook`.
"""
