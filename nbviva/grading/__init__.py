"""From a hand-in to its report: one or a thousand, here or on a cluster, and again by transcript.

Called by the commands and by nbgrader's seam in `gradebook`. Checks judge here, on plain data, in this process; the
student's code runs only beyond `kernel`. It knows no gradebook. Its face: `grade.grade` (one hand-in),
`stored.graded` (one of a course), `batch.grade_batch` (many), `regrade.regrade`.
"""
