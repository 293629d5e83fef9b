"""Exercise 3: pen and paper."""
