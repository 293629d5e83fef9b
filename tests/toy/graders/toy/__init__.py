"""A week small enough to see through."""
