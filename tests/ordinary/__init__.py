"""An ordinary nbgrader course that knows nothing of nbviva: two weeks, three notebooks, hand-ins of every kind."""
