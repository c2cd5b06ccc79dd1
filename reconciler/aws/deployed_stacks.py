"""CloudFormation's stacks with their templates: implements DeployedStacks.

For the command line alone: the Lambda's trimmed service model has none of these operations.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.errors import code_of, lookup, translated
from reconciler.core.deployed_stack import DeployedStack
from reconciler.core.ports import Invalid

_NEVER_CREATED: Final = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"})
_GONE: Final = "DELETE_COMPLETE"


class CloudFormationTemplates:
    """Reads stacks, by a client of CloudFormation's complete service model."""

    def __init__(self, client: Any, budget: Budget) -> None:
        self._client, self._budget = client, budget

    def deployed(self, name: str) -> DeployedStack | None:
        """Call DescribeStacks, GetTemplate and ListStackResources."""
        describe = self._client.describe_stacks
        answer = lookup(self._budget, _does_not_exist, describe, StackName=name)
        if answer is None or answer["Stacks"][0]["StackStatus"] in _NEVER_CREATED:
            return None
        [stack] = answer["Stacks"]
        return DeployedStack(
            id=stack["StackId"],
            status=stack["StackStatus"],
            parameters={
                each["ParameterKey"]: each.get("ResolvedValue", each.get("ParameterValue", ""))
                for each in stack.get("Parameters", ())
            },
            template=self._template(stack["StackId"]),
            resources=dict(self._resources(stack["StackId"])),
        )

    def exports(self) -> Mapping[str, str]:
        """Call ListExports."""
        return {each["Name"]: each["Value"] for each in self._pages("list_exports", "Exports")}

    def _template(self, stack_id: str) -> Mapping[str, Any]:
        with translated(self._budget):
            body = self._client.get_template(StackName=stack_id)["TemplateBody"]
        try:
            template = json.loads(body) if isinstance(body, str) else body
        except ValueError:
            template = None
        if not isinstance(template, Mapping):
            raise Invalid("TemplateNotJson", f"the template of {stack_id} is not JSON")
        return template

    def _resources(self, stack_id: str) -> Iterator[tuple[str, str]]:
        pages = self._pages("list_stack_resources", "StackResourceSummaries", StackName=stack_id)
        for each in pages:
            if each["ResourceStatus"] != _GONE and each.get("PhysicalResourceId"):
                yield each["LogicalResourceId"], each["PhysicalResourceId"]

    def _pages(self, operation: str, key: str, **request: str) -> Iterator[dict[str, Any]]:
        with translated(self._budget):
            for page in self._client.get_paginator(operation).paginate(**request):
                yield from page[key]


def _does_not_exist(error: ClientError) -> bool:
    return code_of(error) == "ValidationError" and "does not exist" in str(error)
