"""Policy statements, KMS keys and their policies, managed policies, the role of jobs.

Imports: synth.
"""
