"""What a group hands in: collected, read, and whose it is.

Called by `nbviva collect` and by `grading`. Everything here comes from outside and is hostile: sizes before content,
a sentence for what cannot be read. It runs nothing of it, and decides no mark. Its face: `collect.collect`,
`door.open_handin`, `sheet.Sheet`, `roll.who_counts`.
"""
