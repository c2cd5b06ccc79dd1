"""Artifacts beside the models that they came from: run on the same inputs, and compared."""
