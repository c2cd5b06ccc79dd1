"""What a deployment changes of the resources that declare compilation jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.cli.app.assembly import NESTED_STACK, SynthesizedStack
from reconciler.cli.app.intrinsics import TemplateEvaluator, Unknown
from reconciler.cli.app.references import LastingResources, TemplateReferences
from reconciler.core.contract import FLEET_RESOURCE, JOB_RESOURCE
from reconciler.core.deployed_stack import DeployedStack

_TYPES: Final = frozenset({JOB_RESOURCE, FLEET_RESOURCE, NESTED_STACK})
_FUNCTION: Final = "ServiceToken"
"""The function that is called: a new version of its code is no change of a job."""
_STACK_ID: Final = "AWS::StackId"
_PARTITIONS: Final = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
_SUFFIXES: Final = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One custom resource of ours, or nested stack, before and after a deployment.

    Attributes:
        logical_id: Its id in the template.
        type: JOB_RESOURCE, FLEET_RESOURCE or NESTED_STACK.
        physical_id: What CloudFormation knows it by; empty if it is new.
        before: Its properties as deployed; None if it is new.
        after: Its properties as they will be, Unknown where that is known after the deployment;
            None if it is removed.
    """

    logical_id: str
    type: str
    physical_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def is_update(self) -> bool:
        """Whether CloudFormation sends it anything: what is as it was is left alone."""
        return _sent(self.before) != _sent(self.after)


@dataclass(frozen=True, slots=True)
class StackPlace:
    """Where a stack is deployed; empty texts for what is not known."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the region."""
        if not self.region:
            return ""
        return next((each for start, each in _PARTITIONS if self.region.startswith(start)), "aws")

    def pseudo(self, name: str, stack_id: str) -> dict[str, Any]:
        """Return the pseudo parameters of a stack; ``stack_id`` is empty for a new one."""
        known = {
            "AWS::AccountId": self.account, "AWS::Region": self.region,
            "AWS::Partition": self.partition, _STACK_ID: stack_id, "AWS::StackName": name,
            "AWS::URLSuffix": _SUFFIXES.get(self.partition, "amazonaws.com"),
        }  # fmt: skip
        return {
            **{key: value or Unknown(f"${{{key}}}") for key, value in known.items()},
            "AWS::NotificationARNs": [],
        }


def resource_changes(
    stack: SynthesizedStack,
    deployed: DeployedStack | None,
    place: StackPlace,
    exports: Callable[[], Mapping[str, str]],
    parameters: Mapping[str, Any] | None = None,
) -> Iterator[ResourceChange]:
    """Yield the custom resources of ours and the nested stacks that a stack has, or had.

    Args:
        stack: As it will be.
        deployed: As it is; None if it is not deployed.
        place: Where it is deployed.
        exports: Returns what stacks export.
        parameters: The values of its parameters after the deployment; by default they stay.
    """
    if deployed is None:
        pseudo = place.pseudo(stack.name, "")
        evaluate = _evaluator(stack.template, pseudo, parameters or {}, _none, exports)
        for name, each in _ours(stack.template, evaluate).items():
            yield ResourceChange(name, each["Type"], "", None, evaluate.value(_properties(each)))
        return
    pseudo = place.pseudo(stack.name, deployed.id)
    before = _evaluator(
        deployed.template, pseudo, deployed.parameters, deployed.resources.get, exports
    )
    # What stays in place is found by evaluating what is to be deployed, and the other way round.
    lasting = LastingResources(
        deployed, stack.template, before.value, lambda node: after.value(node)
    )
    given = deployed.parameters if parameters is None else parameters
    after = _evaluator(stack.template, pseudo, given, lasting.physical_id, exports)
    old, new = _ours(deployed.template, before), _ours(stack.template, after)
    for name in {**new, **old}:
        is_deployed = name in old and name in deployed.resources
        if is_deployed or name in new:
            yield ResourceChange(
                name,
                (new.get(name) or old[name])["Type"],
                deployed.resources[name] if is_deployed else "",
                before.value(_properties(old[name])) if is_deployed else None,
                after.value(_properties(new[name])) if name in new else None,
            )


def _evaluator(
    template: Mapping[str, Any],
    pseudo: Mapping[str, Any],
    parameters: Mapping[str, Any],
    physical_id: Callable[[str], str | None],
    exports: Callable[[], Mapping[str, str]],
) -> TemplateEvaluator:
    references = TemplateReferences(template, pseudo, parameters, physical_id, exports)
    return TemplateEvaluator(template, references)


def _ours(template: Mapping[str, Any], evaluator: TemplateEvaluator) -> dict[str, dict[str, Any]]:
    """Return the custom resources of ours, those left out whose condition does not hold."""
    return {
        name: each
        for name, each in template.get("Resources", {}).items()
        if each.get("Type") in _TYPES and evaluator.holds(each.get("Condition")) is not False
    }


def _properties(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resource.get("Properties", {})
    return found


def _sent(properties: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if properties is None:
        return None
    return {name: value for name, value in properties.items() if name != _FUNCTION}


def _none(_name: str) -> None:
    return None
