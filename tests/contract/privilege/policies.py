"""What the roles of a template may do, resolved as CloudFormation resolves it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.contract.privilege.engine import ACCOUNT
from tests.synthesis.rendering import PSEUDO, Resolver, of_type

REGION: Final = PSEUDO["AWS::Region"]
_PLACES: Final = {
    "AWS::IAM::Role": ("arn:aws:iam::{account}:role/{name}", "{name}"),
    "AWS::S3::Bucket": ("arn:aws:s3:::{lower}", "{lower}"),
    "AWS::KMS::Key": ("arn:aws:kms:{region}:{account}:key/{uuid}", "{uuid}"),
    "AWS::Lambda::Function": ("arn:aws:lambda:{region}:{account}:function:{name}", "{name}"),
    "AWS::Logs::LogGroup": ("arn:aws:logs:{region}:{account}:log-group:{name}:*", "{name}"),
    "AWS::SQS::Queue": ("arn:aws:sqs:{region}:{account}:{name}", "{name}"),
    "AWS::SNS::Topic": ("", "arn:aws:sns:{region}:{account}:{name}"),
    "AWS::Events::EventBus": ("arn:aws:events:{region}:{account}:event-bus/{name}", "{name}"),
    "AWS::StepFunctions::StateMachine": (
        "", "arn:aws:states:{region}:{account}:stateMachine:{name}",
    ),
}  # fmt: skip


def resolver(template: Mapping[str, Any]) -> Resolver:
    """ARNs and names for everything in a template that has some."""
    values: dict[str, str] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] not in _PLACES:
            continue
        words = {
            "name": name, "lower": name.lower(), "region": REGION, "account": ACCOUNT,
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        }  # fmt: skip
        arn, ref = (each.format(**words) for each in _PLACES[resource["Type"]])
        named = resource.get("Properties", {}).get("RoleName")
        values[f"{name}.Arn"], values[name] = arn or ref, ref
        if named is not None:
            called = Resolver().resolve(named)
            values[f"{name}.Arn"] = f"arn:aws:iam::{ACCOUNT}:role/{called}"
    for name, topic in of_type(template, "AWS::SNS::Topic").items():
        values[f"{name}.TopicName"] = topic["Properties"].get("TopicName", name)
    return Resolver(values)


def role_named(template: Mapping[str, Any], beginning: str) -> str:
    """Return the logical id of the one role that begins so."""
    found = [name for name in of_type(template, "AWS::IAM::Role") if name.startswith(beginning)]
    assert len(found) == 1, (beginning, found)
    return found[0]


def documents(template: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    """Return every policy document of a role: its own, and those that name it."""
    resolved = resolver(template)
    inline = template["Resources"][role]["Properties"].get("Policies", [])
    found = [resolved.resolve(each["PolicyDocument"]) for each in inline]
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for policy in of_type(template, kind).values():
            if role in _roles(policy["Properties"].get("Roles", []), template):
                found.append(resolved.resolve(policy["Properties"]["PolicyDocument"]))
    return found


def _roles(named: list[Any], template: Mapping[str, Any]) -> Iterator[str]:
    names = {
        str(Resolver().resolve(item["Properties"]["RoleName"])): logical
        for logical, item in of_type(template, "AWS::IAM::Role").items()
        if "RoleName" in item["Properties"]
    }
    for each in named:
        if isinstance(each, dict) and each.get("Ref") in template["Resources"]:
            yield each["Ref"]
        else:
            yield names.get(str(Resolver().resolve(each)), "")


def single_rights(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each action on each resource of a document, with a document that allows nothing else."""
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                alone = {**statement, "Action": action, "Resource": resource}
                yield action, resource, {"Version": "2012-10-17", "Statement": [alone]}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
