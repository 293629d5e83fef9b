"""Generated mutants: every slip that an operator can make in a week's solutions, and the check that catches it.

Called by `nbviva mutate` and by `verify`. A mutant may do anything, so each is tried in a fork with limits. It never
touches a kernel or a hand-in. Its face: `mutate.mutation_score`.
"""
