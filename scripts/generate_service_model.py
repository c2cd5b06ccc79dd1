"""Generate what the project keeps of botocore's service models.

Three things come out of the installed botocore:

* ``reconciler/aws/models``: models of only the operations that the reconciler calls, without
  documentation, in botocore's own data layout. The Lambda loads these instead of SageMaker's
  2.5 MB, and an older botocore in the Lambda runtime speaks the API as this release knows it.
* ``reconciler/aws/endpoints``: the partitions and regions of these services.
* ``reconciler/rules/_api_shapes.py``: the shape of CreateCompilationJob's input, for the field
  rules.

Run it after an upgrade of botocore; ``--check`` (run by the tests) only compares and exits 1 if
anything would change.
"""

from __future__ import annotations

import argparse
import json
import pprint
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "reconciler" / "aws" / "models"
ENDPOINTS = ROOT / "reconciler" / "aws" / "endpoints"
SHAPES = ROOT / "reconciler" / "rules" / "_api_shapes.py"

OPERATIONS = {
    ("sagemaker", "2017-07-24"): (
        "AddTags",
        "CreateCompilationJob",
        "DeleteCompilationJob",
        "DeleteTags",
        "DescribeCompilationJob",
        "ListCompilationJobs",
        "ListTags",
        "StopCompilationJob",
    ),
    ("cloudformation", "2010-05-15"): ("DescribeStacks", "ListStackResources"),
    ("events", "2015-10-07"): ("PutEvents",),
    ("s3", "2006-03-01"): (
        "DeleteObject",
        "GetObject",
        "HeadObject",
        "PutObject",
        "HeadBucket",  # botocore itself asks for a bucket's region after a 400
    ),
    ("sns", "2010-03-31"): ("Publish",),
}
_OBJECT = ("Bucket", "Key", "ExpectedBucketOwner")
KEPT_MEMBERS = {
    "DeleteObjectOutput": (),
    "DeleteObjectRequest": _OBJECT,
    "GetObjectOutput": ("Body", "ContentLength", "ETag"),
    "GetObjectRequest": (*_OBJECT, "ChecksumMode"),
    "HeadBucketOutput": (),
    "HeadBucketRequest": ("Bucket",),
    "HeadObjectOutput": (
        "ChecksumSHA256", "ContentLength", "ETag", "LastModified", "VersionId",
    ),
    "HeadObjectRequest": (*_OBJECT, "ChecksumMode"),
    "PublishInput": ("Message", "Subject", "TopicArn"),
    "PublishResponse": ("MessageId",),
    "PutObjectOutput": ("ETag",),
    "PutObjectRequest": (
        *_OBJECT, "Body", "ChecksumAlgorithm", "ContentLength", "ContentType", "IfMatch",
        "IfNoneMatch",
    ),
    "Stack": ("CreationTime", "LastUpdatedTime", "StackId", "StackName", "StackStatus"),
    "StackResourceSummary": (
        "LastUpdatedTimestamp", "LogicalResourceId", "PhysicalResourceId", "ResourceStatus",
        "ResourceType",
    ),
}  # fmt: skip
"""Of large structures, the members that the reconciler sends or reads; of others, all."""
DROPPED_KEYS = frozenset({"documentation", "documentationUrl", "examples", "enum", "pattern"})
"""What botocore reads for its documentation alone; values are for the service to judge."""

RULE_KEYS = ("type", "required", "enum", "pattern", "min", "max")


def shape_names(node: object) -> Iterator[str]:
    """Yield every shape that a node of a service model refers to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from shape_names(value)
    elif isinstance(node, list):
        for item in node:
            yield from shape_names(item)


def closure(model: dict[str, Any], roots: Iterator[str]) -> set[str]:
    """Return the shapes reachable from ``roots``."""
    seen: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(shape_names(model["shapes"][name]))
    return seen


def without_documentation(node: object) -> object:
    """Return a model's node with everything left out that no request depends on.

    The members of a structure are kept under any name, a member called ``documentation`` too.
    """
    if isinstance(node, list):
        return [without_documentation(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: (
            {name: without_documentation(member) for name, member in value.items()}
            if key in {"members", "shapes", "operations"}
            else without_documentation(value)
        )
        for key, value in node.items()
        if key not in DROPPED_KEYS
    }


def without_unused_members(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """Return a shape with the members that are kept of it."""
    kept = KEPT_MEMBERS.get(name)
    if kept is None:
        return shape
    members = {member: shape["members"][member] for member in kept if member in shape["members"]}
    return {**shape, "members": members}


def trimmed(service: str, version: str, operations: tuple[str, ...]) -> str:
    """Return one service's model cut down to ``operations``, as JSON text."""
    model = Loader().load_service_model(service, "service-2", version)
    kept = {name: model["operations"][name] for name in operations}
    for name in model["shapes"]:
        model["shapes"][name] = without_unused_members(name, model["shapes"][name])
    names = closure(model, shape_names(kept))
    result = without_documentation(
        {
            "version": model["version"],
            "metadata": model["metadata"],
            "operations": kept,
            "shapes": {name: model["shapes"][name] for name in sorted(names)},
            **(
                {"clientContextParams": model["clientContextParams"]}
                if "clientContextParams" in model
                else {}
            ),
        }
    )
    assert isinstance(result, dict)
    for parameter in result.get("clientContextParams", {}).values():
        parameter["documentation"] = ""  # botocore reads it before every request
    return json.dumps(result, separators=(",", ":"), sort_keys=True) + "\n"


def endpoints() -> str:
    """Return botocore's table of endpoints with the services that are called, as JSON text."""
    table = Loader().load_data("endpoints")
    services = {service for service, _ in OPERATIONS}
    for partition in table["partitions"]:
        partition["services"] = {
            name: endpoint
            for name, endpoint in partition["services"].items()
            if name.removeprefix("api.") in services
        }
    return json.dumps(table, separators=(",", ":"), sort_keys=True) + "\n"


def rule_shapes() -> str:
    """Return the Python module that holds CreateCompilationJob's input shapes."""
    model = Loader().load_service_model("sagemaker", "service-2", "2017-07-24")
    root = model["operations"]["CreateCompilationJob"]["input"]["shape"]
    shapes: dict[str, Any] = {}
    for name in sorted(closure(model, iter([root])) | {"CompilationJobStatus"}):
        shape = model["shapes"][name]
        entry = {key: shape[key] for key in RULE_KEYS if key in shape}
        if "members" in shape:
            entry["members"] = {
                member: reference["shape"] for member, reference in shape["members"].items()
            }
        if "member" in shape:
            entry["member"] = shape["member"]["shape"]
        shapes[name] = entry
    body = pprint.pformat(shapes, width=96, sort_dicts=True)
    return (
        '"""CreateCompilationJob\'s input, from botocore\'s SageMaker model.\n\n'
        'Made by scripts/generate_service_model.py; not edited by hand.\n"""\n\n'
        "# fmt: off\n"
        "# ruff: noqa: E501\n"
        "from typing import Any\n\n"
        f'ROOT = "{root}"\n\n'
        f"SHAPES: dict[str, dict[str, Any]] = {body}\n"
    )


def outputs() -> dict[Path, str]:
    """Return every generated file with its text."""
    files = {
        MODELS / service / version / "service-2.json": trimmed(service, version, operations)
        for (service, version), operations in OPERATIONS.items()
    }
    files[ENDPOINTS / "endpoints.json"] = endpoints()
    files[SHAPES] = rule_shapes()
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a change")
    check = parser.parse_args().check
    stale = [
        path
        for path, text in outputs().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(outputs()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
