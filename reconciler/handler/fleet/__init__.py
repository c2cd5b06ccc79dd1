"""Many compilation jobs as one custom resource, and the schedule that keeps them right.

A deployment, a Delete and the schedule are doors to the same pass (``reconciler.engine``): each
reads or writes the generation, takes the lease, makes a pass, and releases the lease.
"""
