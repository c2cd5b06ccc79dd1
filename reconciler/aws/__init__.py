"""AWS, behind the ports of ``reconciler.core.ports``: the only package that imports botocore."""
