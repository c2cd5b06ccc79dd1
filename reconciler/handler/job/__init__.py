"""One compilation job as one custom resource."""
