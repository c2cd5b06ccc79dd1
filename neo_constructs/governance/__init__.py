"""What an organisation demands of jobs, and what rule packs find in this library's resources.

Imports: synth, iam, vocabulary, request.
"""
