"""What synthesis says of constructs: their annotations, as the CDK CLI reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aws_cdk as cdk


def warnings_of(stack: cdk.Stack, about: str = "", path: str | None = None) -> list[str]:
    """Return the warnings of a stack's constructs that a pattern is found in.

    Read from the assembly's files: the type that jsii gives a message in memory exists or not by
    the order in which two packages were installed.

    Args:
        stack: Synthesized here, with its app.
        about: A regular expression.
        path: Only those of the construct of this path.
    """
    stage = cdk.Stage.of(stack)
    assert stage is not None
    folder = Path(stage.synth().directory)
    artifact = json.loads((folder / "manifest.json").read_text())["artifacts"][stack.artifact_id]
    said = artifact.get("metadata") or {}
    if "additionalMetadataFile" in artifact:
        said |= json.loads((folder / artifact["additionalMetadataFile"]).read_text())
    return [
        str(entry["data"])
        for at, entries in said.items()
        for entry in entries
        if entry["type"] == "aws:cdk:warning"
        if path in (None, at) and re.search(about, str(entry["data"]), re.DOTALL)
    ]
