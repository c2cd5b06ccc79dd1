"""Metrics that the reconciler's functions write, as CloudWatch metrics.

Imports: reconciler.core, for the names of metrics.
"""
