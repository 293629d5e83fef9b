"""What a teaching team looks at when a week is marked: the marks list and the class report.

Called by `nbviva export` and `nbviva report`. It reads reports and gradebook, and writes only lists and one page; it
never marks anything and never changes a mark. Its face: `export.export`, `classreport.class_report`, `page.write_page`.
"""
