# %% [markdown]
# # Theory

# %% given="thirds"
def scale(x):
    """Give three times x: another function than that of the other notebook."""
    return 3 * x


# %% solution="steps"
def steps(n):
    """Give the first n multiples of three."""
    ### BEGIN SOLUTION
    multiples_of_three = [scale(i) for i in range(n)]
    return multiples_of_three
    ### END SOLUTION


# %% test="steps"
assert steps(2) == [0, 3]

# %% solution="colour"
answer_colour = None
### BEGIN SOLUTION
answer_colour = "red"
### END SOLUTION

# %% test="colour"
assert answer_colour is not None
