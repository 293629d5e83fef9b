# %% [markdown]
# # Models

# %% solution="scale"
def scale(x):
    """Give twice x."""
    ### BEGIN SOLUTION
    twice_as_much = 2 * x
    return twice_as_much
    ### END SOLUTION


# %% test="scale"
assert scale(2) == 4

# %% given="long" tags=["training"]
fitted = scale(1) / 4
print("R2:", fitted)

# %% solution="fit"
answer_fit = None
### BEGIN SOLUTION
answer_fit = fitted
### END SOLUTION

# %% test="fit"
assert answer_fit is not None
