"""Specs compiled to what reads no YAML: declarations for the Lambda, requests for the AWS CLI."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core import contract
from reconciler.core.canonical import canonical_json
from reconciler.specs.job import SpecJob
from reconciler.specs.late import split_late


def declaration_of(job: SpecJob) -> dict[str, Any]:
    """One job as the custom resource's properties have it.

    ``Declaration`` is canonical JSON text without any late value; ``LateBound`` has those under
    JSON pointers; ``Tags`` travel beside, since they may be late, too.
    """
    request, late = split_late({key: value for key, value in job.wire.items() if key != "Tags"})
    request.pop("CompilationJobName", None)
    text = canonical_json(
        {
            contract.SCHEMA: contract.DECLARATION_SCHEMA,
            contract.LOGICAL_NAME: job.name,
            contract.REQUEST: request,
            contract.REVISION: job.revision,
            contract.EXACT_OUTPUT: job.exact_output,
            contract.POLICY: {contract.RETRIES: contract.DEFAULT_RETRIES},
        }
    )
    return {
        contract.DECLARATION: text,
        contract.LATE_BOUND: late,
        contract.TAGS: job.wire.get("Tags", []),
    }


def bundle(jobs: Iterable[SpecJob], owner: str | None = None) -> str:
    """All jobs as one canonical JSON text: for each its owner, name and declaration.

    ``identity`` is the job's name without attempt, or null while late values keep it unknown.
    """
    return canonical_json(
        {
            contract.SCHEMA: contract.DOCUMENT_SCHEMA,
            contract.JOBS: [_bundled(job, owner) for job in jobs],
        }
    )


def _bundled(job: SpecJob, owner: str | None) -> dict[str, Any]:
    properties = declaration_of(job)
    whose = job.owner or owner
    known = whose is not None and not properties[contract.LATE_BOUND]
    return {
        "owner": whose,
        contract.LOGICAL_NAME: job.name,
        "identity": str(job.declaration(owner).identity) if known else None,
        **properties,
    }


def request_of(job: SpecJob, owner: str | None = None) -> dict[str, Any]:
    """A job as the AWS CLI's ``--cli-input-json`` takes it.

    A fleet's job has the name and the output folder that the reconciler would give it; a raw
    request is given back as it was.
    """
    wire: Mapping[str, Any] = job.wire
    if job.owner is None and "CompilationJobName" in wire:
        return dict(wire)
    declaration = job.declaration(owner)
    tags = declaration.request.tags
    return dict(declaration.create_request(str(declaration.identity), tags))


def requests_text(requests: list[dict[str, Any]], form: str) -> str:
    """Requests as JSON (one object, or a list), JSON Lines, or YAML."""
    if form == "jsonl":
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in requests)
    data: object = requests[0] if len(requests) == 1 else requests
    if form == "yaml":
        import yaml

        class Plain(yaml.SafeDumper):
            def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
                return True

        return yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True, width=100)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
