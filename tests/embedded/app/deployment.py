"""A stack under test: deployed with the real CLI, read back through the services."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.embedded.aws import Cdk, EmbeddedAws, Ran

MUTATIONS = (
    "CreateCompilationJob",
    "StopCompilationJob",
    "DeleteCompilationJob",
    "AddTags",
    "DeleteTags",
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One stack of one app."""

    aws: EmbeddedAws
    cdk: Cdk
    stack: str

    def deploy(self, *words: str, **context: str) -> Ran:
        """`cdk deploy` to its end, whatever that is."""
        return self.cdk.run("deploy", "--require-approval", "never", *words, context=context)

    def destroy(self) -> Ran:
        """`cdk destroy` to its end."""
        return self.cdk.run("destroy", "--force")

    def physical_ids(self) -> dict[str, str]:
        """Return the physical ids of the compilation jobs, by logical id."""
        pages = self.aws.client("cloudformation").get_paginator("list_stack_resources")
        return {
            item["LogicalResourceId"]: item["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.stack)
            for item in page["StackResourceSummaries"]
            if item["ResourceType"] == "Custom::NeoCompilationJob"
        }

    def status(self) -> str:
        """Return the stack's status."""
        stacks = self.aws.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return str(stacks[0]["StackStatus"])

    def job(self, name: str) -> dict[str, Any]:
        """Return a job's description."""
        return dict(self.aws.client("sagemaker").describe_compilation_job(CompilationJobName=name))

    def mutations(self) -> dict[str, int]:
        """Return how many changing calls the endpoint has accepted, by operation."""
        counts = self.aws.admin("calls")["counts"]
        return {name: int(counts.get(name, {}).get("accepted", 0)) for name in MUTATIONS}

    def metrics(self) -> set[str]:
        """Return the metrics that the stack's functions have told."""
        resources = self.aws.client("cloudformation").describe_stack_resources(StackName=self.stack)
        [group] = [
            each["PhysicalResourceId"]
            for each in resources["StackResources"]
            if each["ResourceType"] == "AWS::Logs::LogGroup"
        ]
        return metrics_in_log(self.aws, group)


def metrics_in_log(aws: EmbeddedAws, group: str) -> set[str]:
    """Return the metrics in embedded format that are in a log group."""
    reader = aws.client("logs").get_paginator("filter_log_events")
    pages = reader.paginate(logGroupName=group, filterPattern='"_aws"')  # 10,000 events at most
    found: set[str] = set()
    for event in (event for page in pages for event in page["events"]):
        for line in event["message"].splitlines():
            if line.startswith('{"_aws"'):
                [told] = json.loads(line)["_aws"]["CloudWatchMetrics"]
                found |= {metric["Name"] for metric in told["Metrics"]}
    return found
