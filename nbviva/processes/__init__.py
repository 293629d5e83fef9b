"""Work in other processes: kept workers, forks that may do anything, programs; their bounds, ends and words, said once.

Called by `grading`, `handin`, `feedback`, `gradebook`, `setup` and `verify`. It knows nothing of what is worked at, and
starts no student's code: kernels live in `sandbox`. Its face: `workers.run`, `workers.Workers`, `forks.forked`,
`programs.program`, `job.Finished`.
"""
