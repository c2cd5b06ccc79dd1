"""Specs compiled to what reads no YAML: a fleet's document, or requests for the AWS CLI."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.core import contract, fields
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.variables import references_in
from reconciler.specs.job import SpecJob


def fleet_document(jobs: Iterable[SpecJob]) -> FleetDocument:
    """Return the document of a fleet of these jobs; variables declared late stay references."""
    declared = [_declared(job) for job in jobs]
    names = sorted(set().union(*map(references_in, declared)))
    return FleetDocument.of(declared, dict.fromkeys(names, "any"))


def _declared(job: SpecJob) -> dict[str, Any]:
    return {
        contract.LOGICAL_NAME: job.name,
        contract.REQUEST: {key: value for key, value in job.wire.items() if key != fields.NAME},
        contract.REVISION: job.revision,
        contract.EXACT_OUTPUT: job.exact_output,
    }


def request_of(job: SpecJob, owner: str | None = None) -> dict[str, Any]:
    """Return a job as the AWS CLI's ``--cli-input-json`` takes it.

    A fleet's job has the name and the output folder that the reconciler would give it; a raw
    request is given back as it was.
    """
    wire: Mapping[str, Any] = job.wire
    if job.owner is None and fields.NAME in wire:
        return dict(wire)
    declaration = job.declaration(owner)
    tags = declaration.request.tags
    return dict(declaration.create_request(str(declaration.identity), tags))


def requests_text(requests: list[dict[str, Any]], form: str) -> str:
    """Return requests as JSON (one object, or a list), JSON Lines, or YAML."""
    if form == "jsonl":
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in requests)
    data: object = requests[0] if len(requests) == 1 else requests
    if form == "yaml":
        import yaml

        class Plain(yaml.SafeDumper):
            def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's signature
                return True

        return yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True, width=100)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
