"""A cloud assembly that a test writes, and its deployment by the real handler on fakes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reconciler.core.deployed_stack import DeployedStack
from reconciler.core.ports import StackResourceView, StackView
from reconciler.handler.cfn.poll import HandlerPorts
from reconciler.handler.job.service import JobService
from tests.fakes.gateway import FakeArtifacts, FakeGateway, FakeStacks
from tests.fakes.sagemaker import ACCOUNT, REGION
from tests.unit.cli.planned import Terminal

STACK_ID: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/App/0a1b2c3d-1-2-3-4"
Template = dict[str, Any]


def job(
    name: str = "App/Job", *, late: Mapping[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """Return a CompilationJob's resource; ``changes`` are of its request's OutputConfig."""
    request = {
        "InputConfig": {"DataInputConfig": '{"data":[1,3,32,32]}', "Framework": "ONNX",
                        "S3Uri": "s3://models/m.tar.gz"},
        "OutputConfig": {"TargetDevice": "ml_c5", **changes},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
    }  # fmt: skip
    declaration = {
        "schema": 1, "logicalName": name, "request": request, "revision": None,
        "exactOutput": False, "policy": {"retries": 1},
    }  # fmt: skip
    given = {
        "/RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "/OutputConfig/S3OutputLocation": {"Fn::Sub": "s3://${Compiled}/out"},
        **(late or {}),
    }
    return {
        "Type": "Custom::NeoCompilationJob",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Wait": "true",
            "Declaration": json.dumps(declaration), "LateBound": given,
            "RemovalPolicy": "destroy", "DeadlineSeconds": "3300",
        },
    }  # fmt: skip


def template(code: str = "1", **resources: Any) -> Template:
    """Return a template with what jobs refer to, and these resources."""
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"Description": "jobs'"}},
            "Compiled": {"Type": "AWS::S3::Bucket"},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}},
            **resources,
        }
    }


def write_assembly(
    folder: Path,
    body: Template,
    *,
    environment: str = "aws://unknown-account/unknown-region",
    display_name: str = "App",
    files: Mapping[str, bytes] | None = None,
) -> str:
    """Write a cloud assembly of one stack; return its path."""
    folder.mkdir(exist_ok=True)
    assets: dict[str, Any] = {}
    for digest, content in (files or {}).items():
        (folder / f"asset.{digest}").write_bytes(content)
        assets[digest] = {"source": {"path": f"asset.{digest}", "packaging": "file"}}
    artifacts = {
        "App.assets": {"type": "cdk:asset-manifest", "properties": {"file": "App.assets.json"}},
        "App": {
            "type": "aws:cloudformation:stack", "environment": environment,
            "properties": {"templateFile": "App.template.json"}, "dependencies": ["App.assets"],
            "displayName": display_name,
        },
    }  # fmt: skip
    for name, value in {
        "manifest.json": {"version": "1", "artifacts": artifacts},
        "App.template.json": body, "App.assets.json": {"files": assets},
    }.items():  # fmt: skip
        (folder / name).write_text(json.dumps(value))
    return str(folder)


@dataclass(slots=True)
class HandlerDeployment:
    """The stack App, whose jobs the real handler creates, updates and deletes.

    Attributes:
        physical_ids: Of all resources.
        name: What CloudFormation shows the stack by.
    """

    terminal: Terminal
    physical_ids: dict[str, str] = field(
        default_factory=lambda: {"Role": "neo-role", "Compiled": "compiled", "Function": "f"}
    )
    requests: int = 0
    stack_id: str = STACK_ID
    name: str = "App"

    def show(self, body: Template, **parameters: str) -> None:
        """Let CloudFormation show the stack with this template."""
        self.terminal.stacks.by_name[self.name] = DeployedStack(
            self.stack_id, "UPDATE_COMPLETE", parameters, body, dict(self.physical_ids)
        )

    def send(
        self,
        kind: str,
        logical_id: str,
        properties: Mapping[str, Any],
        old: Mapping[str, Any] | None = None,
    ) -> None:
        """Send a request to the handler, and poll it to its end."""
        self.requests += 1
        self.terminal.clock.advance(60)
        event: dict[str, Any] = {
            "RequestType": kind, "RequestId": f"request-{self.requests}", "StackId": self.stack_id,
            "LogicalResourceId": logical_id, "ResourceProperties": dict(properties),
            "OldResourceProperties": dict(old or {}),
            "PhysicalResourceId": self.physical_ids.get(logical_id, ""),
        }  # fmt: skip
        service = JobService(self._ports(kind, logical_id))
        event |= service.on_event(event)
        for _ in range(200):
            answer = service.is_complete(event)
            if answer["IsComplete"]:
                break
            self.terminal.clock.advance(20)
        assert answer["IsComplete"]
        if kind == "Delete":
            self.physical_ids.pop(logical_id, None)
        else:
            self.physical_ids[logical_id] = str(answer["PhysicalResourceId"])

    def _ports(self, kind: str, logical_id: str) -> HandlerPorts:
        status = {
            "Create": "CREATE_IN_PROGRESS", "Update": "UPDATE_IN_PROGRESS",
            "Delete": "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        }[kind]  # fmt: skip
        rows = {
            name: StackResourceView(physical_id, "UPDATE_COMPLETE")
            for name, physical_id in self.physical_ids.items()
        }
        shown = status if kind != "Delete" else "DELETE_IN_PROGRESS"
        rows[logical_id] = StackResourceView(self.physical_ids.get(logical_id, ""), shown)
        service = self.terminal.sagemaker
        return HandlerPorts(
            gateway=FakeGateway(service), artifacts=FakeArtifacts(service),
            stacks=FakeStacks(lambda _: StackView(status, None), lambda _: rows),
            clock=self.terminal.clock, progress=lambda event, **fields: None,
            emit=lambda line: None, pause=self.terminal.clock.advance,
        )  # fmt: skip


def resolved(resource: Mapping[str, Any], **late: Any) -> dict[str, Any]:
    """Return a job's properties as CloudFormation sends them: the functions evaluated."""
    values = {
        "/RoleArn": f"arn:aws:iam::{ACCOUNT}:role/neo-role",
        "/OutputConfig/S3OutputLocation": "s3://compiled/out",
    }
    properties = dict(resource["Properties"])
    return {
        **properties, "ServiceToken": "arn",
        "LateBound": {**properties["LateBound"], **values, **late},
    }  # fmt: skip
