"""Exercise 1: vanishing gradients."""
