"""Read a cloud assembly: the stacks that ``cdk synth`` wrote, with their templates and assets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from reconciler.cli.options.account import FileError
from reconciler.core.canonical import UNREADABLE
from reconciler.core.contract import FLEET_RESOURCE, JOB_RESOURCE

MANIFEST: Final = "manifest.json"
_STACK: Final = "aws:cloudformation:stack"
_NESTED_ASSEMBLY: Final = "cdk:cloud-assembly"
_ASSETS: Final = "cdk:asset-manifest"
NESTED_STACK: Final = "AWS::CloudFormation::Stack"
_ASSET_HASH: Final = re.compile(r"[0-9a-f]{64}")
_ENVIRONMENT: Final = "aws://"
_UNKNOWN: Final = "unknown-"


class AssemblyError(FileError):
    """A folder is not a cloud assembly, or does not have what is asked of it."""


@dataclass(frozen=True, slots=True)
class SynthesizedStack:
    """A stack of an app, as it would be deployed.

    Attributes:
        name: Its name in CloudFormation.
        id: Its name on the CDK's command line.
        account: Where it is deployed; empty if the app leaves that open.
        region: The same.
        files: The files of its assets, by their hash.
    """

    name: str
    id: str
    account: str
    region: str
    template: Mapping[str, Any]
    files: Mapping[str, Path]

    @property
    def has_jobs(self) -> bool:
        """Whether it may declare compilation jobs, itself or in a nested stack."""
        types = {each.get("Type") for each in self.template.get("Resources", {}).values()}
        return bool(types & {JOB_RESOURCE, FLEET_RESOURCE, NESTED_STACK})

    def nested(self, logical_id: str, template_url: str | None) -> SynthesizedStack:
        """Return a nested stack. Raises AssemblyError.

        Args:
            logical_id: Its id in this stack's template.
            template_url: Where its template will be; None for one that is removed.
        """
        name = f"{self.id}/{logical_id}"
        if template_url is None:
            return replace(self, id=name, template={})
        found = _ASSET_HASH.search(template_url)
        try:
            template = json.loads(self.asset(found[0] if found else template_url))
        except ValueError as error:
            raise AssemblyError(f"{name}: the template is not JSON: {error}") from None
        return replace(self, id=name, template=template)

    def asset(self, digest: str) -> bytes:
        """Return the bytes of an asset. Raises AssemblyError."""
        path = self.files.get(digest)
        if path is None or not path.is_file():
            raise AssemblyError(f"{self.id}: the asset {digest[:12]} is not in the assembly")
        return path.read_bytes()


def read_assembly(folder: str) -> list[SynthesizedStack]:
    """Return the stacks of an assembly, those of its stages included. Raises AssemblyError."""
    root = Path(folder)
    if not (root / MANIFEST).is_file():
        raise AssemblyError(f"{folder}: not a cloud assembly; make one with cdk synth")
    try:
        return list(_stacks(root))
    except AssemblyError:
        raise
    except (OSError, *UNREADABLE) as error:
        raise AssemblyError(
            f"{folder}: not a valid cloud assembly ({type(error).__name__}: {error})"
        ) from None


def chosen(stacks: Sequence[SynthesizedStack], names: Sequence[str]) -> list[SynthesizedStack]:
    """Return the stacks of these names, by default all. Raises AssemblyError."""
    known = {each.name: each for each in stacks} | {each.id: each for each in stacks}
    for name in names:
        if name not in known:
            ids = ", ".join(sorted(each.id for each in stacks))
            raise AssemblyError(f"unknown stack {name}; the app has {ids or 'none'}")
    if names:
        return [each for each in stacks if each.name in names or each.id in names]
    return list(stacks)


def _stacks(folder: Path) -> Iterator[SynthesizedStack]:
    manifest = _json(folder / MANIFEST)
    artifacts: Mapping[str, Any] = manifest.get("artifacts", {})
    for name, artifact in artifacts.items():
        kind = artifact.get("type")
        if kind == _STACK:
            yield _stack(folder, name, artifact, _files(folder, artifact, artifacts))
        elif kind == _NESTED_ASSEMBLY:
            yield from _stacks(folder / artifact["properties"]["directoryName"])


def _stack(
    folder: Path, name: str, artifact: Mapping[str, Any], files: Mapping[str, Path]
) -> SynthesizedStack:
    account, _, region = artifact["environment"].removeprefix(_ENVIRONMENT).partition("/")
    properties = artifact["properties"]
    stack_name = properties.get("stackName", name)
    return SynthesizedStack(
        name=stack_name,
        id=artifact.get("displayName", name).removesuffix(f" ({stack_name})"),
        account="" if account.startswith(_UNKNOWN) else account,
        region="" if region.startswith(_UNKNOWN) else region,
        template=_json(folder / properties["templateFile"]),
        files=files,
    )


def _files(folder: Path, stack: Mapping[str, Any], artifacts: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files of the assets that a stack depends on."""
    found: dict[str, Path] = {}
    for name in stack.get("dependencies", ()):
        artifact = artifacts.get(name, {})
        if artifact.get("type") != _ASSETS:
            continue
        assets = _json(folder / artifact["properties"]["file"])
        for digest, asset in assets.get("files", {}).items():
            if path := asset.get("source", {}).get("path"):
                found[digest] = folder / path
    return found


def _json(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_bytes())
    if not isinstance(value, dict):
        raise TypeError(f"{path.name} is not a JSON object")
    return value
