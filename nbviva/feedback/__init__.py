"""The page that a group reads: its marks, why, and its notebook.

Called by `gradebook.record` and by `nbgrader generate_feedback`. Everything that a student wrote is escaped, and the
page asks for nothing. It never decides a mark, and never shows a hidden input. Its face: `page.render`,
`nbgrader.write_pages`.
"""
