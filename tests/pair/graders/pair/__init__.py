"""A week with two notebooks, small enough to see through."""
