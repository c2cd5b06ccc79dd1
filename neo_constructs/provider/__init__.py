"""The functions, roles and log group behind a custom resource.

Imports: synth, iam, request, governance, metrics.
"""
