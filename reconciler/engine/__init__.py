"""One reconcile pass on ports."""
