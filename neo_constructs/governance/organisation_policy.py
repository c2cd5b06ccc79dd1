"""OrganisationPolicy: demands on every compilation job that IAM cannot express.

CreateCompilationJob has no condition keys for keys or networks, so no IAM policy can demand them.
This is demanded in two places: at synthesis, over the whole app, with the paths of the constructs
that break it (advice: whoever writes the app can leave it out), and by the Lambda, which carries
the policy in its asset and refuses to create a job that breaks it, deploy-time values included.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from neo_constructs.request import rule_checks
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.typed import typed
from reconciler.core import contract
from reconciler.core.deploy_time import put
from reconciler.core.fields import TAGS
from reconciler.rules.finding import Finding
from reconciler.rules.organisation_policy import OrganisationPolicy as PolicyDocument
from reconciler.rules.organisation_policy import PolicyError

PLUGIN_NAME: Final = "NeoOrganisationPolicy"
_UNKNOWN_REGION: Final = "unknown-region"

# By the reference of the tree's root, so that every provider of the app finds it.
_applied: dict[str, OrganisationPolicy] = {}


class OrganisationPolicy:
    """Demands on every job of an app. Its form is that of ``neoctl validate --policy``."""

    def __init__(self, text: str) -> None:
        """Read a policy's JSON text; raises ValueError that names everything wrong with it."""
        try:
            self._policy = PolicyDocument.from_mapping(json.loads(text))
        except PolicyError as error:
            raise ValueError(f"organisation policy: {error}") from None
        except ValueError as error:
            raise ValueError(f"organisation policy: not JSON: {error}") from None
        self.text = text

    @staticmethod
    @typed
    def from_file(path: str | os.PathLike[str]) -> OrganisationPolicy:
        """Read the policy in a JSON file; raise ValueError that names the file.

        Args:
            path: The file, in the form of ``neoctl validate --policy``.
        """
        try:
            return OrganisationPolicy(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror or error}") from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def apply_to(self, app: cdk.App) -> None:
        """Apply the policy to every job of the app. Call it before the first job is made.

        Raises ConstructError if the app has a policy or a job already.
        """
        root = jsii_cache.reference(app)
        if root in _applied:
            raise ConstructError(
                app.node.path or "app", "the app already has an organisation policy"
            )
        if app.node.children:
            raise ConstructError(
                "app", "apply the organisation policy to the app before anything is made in it"
            )
        _applied[root] = self
        plugin: Any = _Plugin(self._policy)
        cdk.Validations.of(app).add_plugins(plugin)


def policy_text(scope: IConstruct) -> str:
    """Return the text of the policy that applies to this scope's app, or an empty one."""
    if not _applied:
        return ""
    applied = _applied.get(jsii_cache.reference(scope.node.root))
    return applied.text if applied else ""


@jsii.implements(cdk.IPolicyValidationPlugin)
class _Plugin:
    """Checks every job in the synthesized templates, nested stacks included."""

    def __init__(self, policy: PolicyDocument) -> None:
        self._policy = policy

    @property
    def name(self) -> str:
        """The name of this plugin in reports."""
        return PLUGIN_NAME

    @property
    def version(self) -> str | None:
        """No version."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """The rules' codes are in the report."""
        return None

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Return all violations, by rule and message."""
        places: dict[tuple[str, str], list[cdk.PolicyViolatingResource]] = defaultdict(list)
        for path in _with_nested(context.template_paths):
            for name, resource, finding in _breaches(path, self._policy):
                places[finding.code, str(finding)].append(
                    cdk.PolicyViolatingResource(
                        locations=[finding.path or contract.DECLARATION], resource_logical_id=name,
                        template_path=path,
                        construct_path=resource.get("Metadata", {}).get("aws:cdk:path"),
                    )
                )  # fmt: skip
        violations = [
            cdk.PolicyViolation(
                rule_name=code, description=text, severity="error", violating_resources=found
            )
            for (code, text), found in places.items()
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)


def _with_nested(paths: Sequence[str]) -> Iterator[str]:
    """Yield templates and those of their nested stacks, which CDK uploads as files."""
    yield from paths
    for path in paths:
        assets = Path(path.removesuffix(".template.json") + ".assets.json")
        if assets.is_file():
            for file in json.loads(assets.read_text(encoding="utf-8")).get("files", {}).values():
                source = str(file["source"].get("path", ""))
                nested = str(assets.parent / source)
                if source.endswith(".nested.template.json") and nested not in paths:
                    yield nested


def _breaches(
    path: str, policy: PolicyDocument
) -> Iterator[tuple[str, Mapping[str, Any], Finding]]:
    template = json.loads(Path(path).read_text(encoding="utf-8"))
    region = _region_of(Path(path))
    for name, resource in template.get("Resources", {}).items():
        if resource["Type"] == contract.JOB_RESOURCE:
            for finding in rule_checks.breaches(_request(resource["Properties"]), policy, region):
                yield name, resource, finding
        elif resource["Type"] == contract.FLEET_RESOURCE:
            from neo_constructs.governance.fleet_breaches import (
                fleet_breaches,  # few apps have a fleet
            )

            for finding in fleet_breaches(Path(path), resource["Properties"], policy, region):
                yield name, resource, finding


def _region_of(template: Path) -> str | None:
    """Return the region of a template's stack from the assembly's manifest, or None if unknown.

    The manifest has no nested stacks; theirs is the region that all its stacks share.
    """
    manifest = template.with_name("manifest.json")
    if not manifest.is_file():
        return None
    artifacts = json.loads(manifest.read_text(encoding="utf-8")).get("artifacts", {}).values()
    regions = {
        each.get("properties", {}).get("templateFile"): str(each["environment"]).rpartition("/")[2]
        for each in artifacts
        if each["type"] == "aws:cloudformation:stack"
    }
    found = {regions[template.name]} if template.name in regions else set(regions.values())
    known = found.pop() if len(found) == 1 else _UNKNOWN_REGION
    return None if known == _UNKNOWN_REGION else known


def _request(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of a job's properties, DEPLOY_TIME for what is unknown in it."""
    request: dict[str, Any] = json.loads(properties[contract.DECLARATION])[contract.REQUEST]
    for at in properties.get(contract.LATE_BOUND, {}):
        if at.startswith("/"):  # others are not of the request
            put(request, at.partition("#")[0], rule_checks.DEPLOY_TIME)
    tags = properties.get(contract.TAGS, [])
    request[TAGS] = rule_checks.DEPLOY_TIME
    if all(isinstance(tag["Key"], str) for tag in tags):
        request[TAGS] = [
            tag if isinstance(tag["Value"], str) else {**tag, "Value": rule_checks.DEPLOY_TIME}
            for tag in tags
        ]
    return request
