"""Drift: what became of jobs behind the back of their declarations."""
