"""What a compilation job is, and what should happen to it: values and pure functions only.

Nothing here does I/O, reads a clock, an environment variable or a log, and nothing here imports
anything but the standard library. Data flows one way:

    Declaration ──► Identity ─┐
                              ├─► plan(…) ──► Plan of actions, each with its reason
    ObservedJob (List/Describe)┘

``ports`` holds the contracts by which the outside is reached; who implements them lives elsewhere.
"""
