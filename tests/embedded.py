"""The embedded AWS and the CDK CLI for tests; the same code as the demonstration's."""

from demo.cdk import Cdk, Ran
from demo.embedded import LOCAL_PYTHON, ROOT, EmbeddedAws, EmbeddedError, local_python

__all__ = ["LOCAL_PYTHON", "ROOT", "Cdk", "EmbeddedAws", "EmbeddedError", "Ran", "local_python"]
