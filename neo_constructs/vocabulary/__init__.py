"""What users say about a job: model, framework, inputs, target, compiler options.

Imports: synth, iam.
"""
