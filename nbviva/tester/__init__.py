"""All code of ours that runs beside an adopted week's test cells, in a sandboxed process of their own: the tester.

The examiner (`nbviva.kernel.outside`) starts it and hands it one test cell after another. A cell's names are its own,
the instructor's, or asked of the student's kernel; what is asked goes to the examiner, who carries it there. What comes
back is plain data, decoded here, and proxies of what stays there. No gradebook and no secret is in its reach,
no file of a student's but data that a test opens, and nothing of the student's is unpickled or evaluated. It imports
`inside` alone. Its face: `program.main`; `ownership` reads whose a notebook's names are, for `nbviva adopt`, too.
"""
