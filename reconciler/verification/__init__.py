"""Whether a compiled artifact is what was ordered: read as hostile data, nothing of it is run.

    artifact.py     the bytes -> an Artifact: its files, library, description, digests
    expectation.py  what was ordered: target, inputs, digest, the device's profile
    checks.py       both -> findings, each with a page of its own (codes.yaml)
    provenance.py   what an artifact was made of, as a statement beside it

The layouts are DLR's, the runtime for which Amazon SageMaker Neo compiles (neo-ai/neo-ai-dlr), and
that of the local engine, which follows it.
"""
