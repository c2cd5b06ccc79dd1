"""Buckets, keys, roles and model packages of other accounts and regions.

Imports: synth, iam, vocabulary, request.
"""
