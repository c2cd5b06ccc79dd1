"""Small fleets for the tests, and what is found in them."""

from __future__ import annotations

import textwrap
from typing import Any

from reconciler.specs.checking import Located, check
from reconciler.specs.load import Loaded, load_text

FLEET = """\
apiVersion: neo-as-code/v1
owner: vision
defaults: {RoleArn: "arn:aws:iam::111122223333:role/NeoRole", S3OutputLocation: s3://example-bucket/out/}
models:
  resnet18:
    S3Uri: s3://example-bucket/models/resnet18.tar.gz
    Framework: PYTORCH
    DataInputConfig: {input0: [1, 3, 224, 224]}
    targets: [ml_c5, LINUX/ARM64]
"""


def loaded(text: str, name: str = "fleet.yaml", **options: Any) -> Loaded:
    """Return a spec read from a text, which may be indented as a whole."""
    return load_text(textwrap.dedent(text), name, **options)


def found(text: str, name: str = "fleet.yaml", **options: Any) -> list[Located]:
    """Return everything that is found in a spec."""
    return check(loaded(text, name), **options)


def places(text: str, name: str = "fleet.yaml", **options: Any) -> list[tuple[str, int, int]]:
    """Return what is found in a spec, as code, line and column."""
    return [(item.finding.code, *item.position) for item in found(text, name, **options)]


def requests(text: str, **options: Any) -> dict[str, Any]:
    """Return the requests of a spec by their jobs' names; the spec has no mistakes."""
    result = loaded(text, **options)
    assert result.problems == []
    return {job.name: dict(job.wire) for job in result.jobs}
