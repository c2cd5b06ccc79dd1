"""The embedded AWS and the CDK CLI for tests; the same code as the demonstration's."""

from pathlib import Path

from demo.cdk import Cdk, Ran
from demo.embedded import LOCAL_PYTHON, ROOT, EmbeddedAws, EmbeddedError, local_python, signed
from neo_local.supervisor.ports import remember_other_ports

__all__ = [
    "LOCAL_PYTHON",
    "ROOT",
    "Cdk",
    "EmbeddedAws",
    "EmbeddedError",
    "Ran",
    "local_python",
    "of_its_own",
    "signed",
]


def of_its_own(data: Path) -> EmbeddedAws:
    """One that is not started yet, on ports that no other test's takes while it is stopped."""
    data.mkdir(parents=True)
    remember_other_ports(data / "ports.json")
    return EmbeddedAws(data)
