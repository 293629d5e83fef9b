"""A notebook that is run and asked; what was asked, kept and played back.

Called by `grading`. A `Student` turns a check's calls into frames, a kernel (or a transcript) answers, and only plain
data comes back. It never decides whether an answer is right. Its face: `kernel.KernelStudent`, `sitting.Sitting`,
`student.Student`, `transcript.Transcript`.
"""
