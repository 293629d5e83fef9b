"""The proof that a week is fair before students see it, and the release that is made from it.

Called by the commands for authors. Mutants must be caught, alternatives must pass, chance must decide nothing, and the
release must give nothing away. It never marks a hand-in and never writes into the gradebook. Its face: `verify.verify`,
`release.make_release`, and `mutation.mutate.mutation_score`.
"""
