"""``neoctl schema``: the JSON Schema of spec files, for editors."""

from __future__ import annotations

import json
from typing import Any

import click

from reconciler.cli.options.output import output_file_option, write_result

KINDS = ("fleet", "request", "policy")


@click.command(epilog="In a fleet file: # yaml-language-server: $schema=fleet.schema.json")
@click.option(
    "--for", "kind", type=click.Choice(KINDS), default="fleet",
    help="fleet: the fleet file. request: the AWS CLI's form. policy: an organisation's policy.",
)  # fmt: skip
@output_file_option
def command(kind: str, target: str | None) -> None:
    """Print the JSON Schema (draft-07) of spec files: keys, values and what they mean."""
    write_result(text_of(kind), target)


def text_of(kind: str) -> str:
    """Return the schema of one kind of file, as printed and as committed under docs/spec."""
    return json.dumps(_schema(kind), indent=2, ensure_ascii=False) + "\n"


def _schema(kind: str) -> dict[str, Any]:
    if kind == "fleet":
        from reconciler.specs.schema_fleet import fleet_schema

        return fleet_schema()
    from reconciler.specs.schema_request import policy_schema, request_schema

    return request_schema() if kind == "request" else policy_schema()
