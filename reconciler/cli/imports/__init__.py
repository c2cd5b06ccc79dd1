"""Existing jobs as a spec that is satisfied by them."""
