# %% [markdown]
# # Toys

# %%
import math

# %% solution="double"
def double(x):
    """Give twice x."""
    ### BEGIN SOLUTION
    twice_as_much = 2 * x
    return twice_as_much
    ### END SOLUTION


# %% test="double"
assert double(2) == 4

# %% solution="half"
answer_half = None
### BEGIN SOLUTION
answer_half = double(7) / 4
### END SOLUTION

# %% test="half"
assert answer_half is not None

# %% solution="colour"
answer_colour = None
### BEGIN SOLUTION
answer_colour = "red"
### END SOLUTION

# %% test="colour"
assert answer_colour is not None

# %% given="long" tags=["training"]
total = sum(double(n) for n in range(10))
print("total", total)

# %%
after = math.sqrt(total)

# %% test="total"
assert total > 0
