"""Fleets in the handler."""
