"""One compilation job as one custom resource, ``Custom::NeoCompilationJob``.

Each poll starts from what the account shows: gather, decide, act, and answer how far the job is.
"""
