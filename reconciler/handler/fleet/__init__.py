"""Many compilation jobs as one custom resource, and the schedule that keeps them right.

Every actor does the same pass: take the lease on ``desired``, sweep the account once, decide, act
in batches that each look at the pointer and the stack again, write the manifest, let go.
"""
