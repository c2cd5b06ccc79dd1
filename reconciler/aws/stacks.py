"""CloudFormation's view of stacks: implements Stacks."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from reconciler.aws.budget import Budget
from reconciler.aws.errors import translated
from reconciler.core.ports import StackResourceView, StackView


class CloudFormationStacks:
    """Reads stacks and their resources."""

    def __init__(self, client: Any, budget: Budget) -> None:
        self._client = client
        self._budget = budget

    def stack(self, stack_id: str) -> StackView | None:
        """Call DescribeStacks by id, which finds deleted stacks too."""
        with translated(self._budget):
            try:
                answer = self._client.describe_stacks(StackName=stack_id)
            except ClientError as error:
                if _does_not_exist(error):
                    return None
                raise
        stacks = answer.get("Stacks") or []
        if not stacks:
            return None
        return StackView(stacks[0]["StackStatus"], stacks[0].get("LastUpdatedTime"))

    def resources(self, stack_id: str) -> dict[str, StackResourceView]:
        """Call ListStackResources, every page: DescribeStackResources ends after 100 resources."""
        found: dict[str, StackResourceView] = {}
        request = {"StackName": stack_id}
        while True:
            with translated(self._budget):
                try:
                    answer = self._client.list_stack_resources(**request)
                except ClientError as error:
                    if _does_not_exist(error):
                        return {}
                    raise
            for summary in answer.get("StackResourceSummaries") or []:
                found[summary["LogicalResourceId"]] = StackResourceView(
                    summary.get("PhysicalResourceId") or "",
                    summary["ResourceStatus"],
                    summary.get("LastUpdatedTimestamp"),
                )
            token = answer.get("NextToken")
            if not token or token == request.get("NextToken"):
                return found
            request["NextToken"] = token


def _does_not_exist(error: ClientError) -> bool:
    details = error.response.get("Error", {})
    return details.get("Code") == "ValidationError" and "does not exist" in str(
        details.get("Message", "")
    )
