"""The jobs of a fleet while they are declared, and the document that they become.

Nothing here asks jsii anything for a job: ten thousand are declared in about a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from neo_constructs import facts
from neo_constructs.errors import ConstructError, InvalidJobError
from neo_constructs.fleet_grants import RoleGrants
from neo_constructs.fleet_values import OpenValues, is_open
from neo_constructs.keys import named_key
from neo_constructs.late_bound import TokenKeyError
from neo_constructs.tokens import in_order
from reconciler.core.fleet_document import DocumentError, FleetDocument, digest_of
from reconciler.rules.check import check_job
from reconciler.rules.finding import Severity

_URI: Final = re.compile(r"s3://((?:\$\{Token\[[^\]]*\]\}|[^/$])+)/?(.*)", re.DOTALL)

_SHARED: Final = frozenset({"OutputConfig", "StoppingCondition", "VpcConfig"})


@dataclass(slots=True)
class FleetJobs:
    """Declared jobs.

    Attributes:
        path: The construct's, for errors.
        owner: What the reconciler's own folders begin with.
        role_arn: The fleet's own role, whose permissions are gathered in ``grants``.
        looked_for: Objects that the reconciler looks up.
        validate: Whether each job is judged by the rules when it is declared.
    """

    path: str
    owner: str
    role_arn: str
    grants: RoleGrants
    looked_for: RoleGrants
    region: str | None
    validate: bool = True
    values: OpenValues = field(default_factory=OpenValues)
    names: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    _told: list[Callable[[str], None]] = field(default_factory=list)
    _places: dict[object, tuple[str, str]] = field(default_factory=dict)
    _jobs: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        name: str,
        request: Mapping[str, object],
        *,
        revision: str | None = None,
        exact_output: bool = False,
    ) -> None:
        """Declare one job by its request, tokens allowed.

        Raises ConstructError for a name that is taken, InvalidJobError for what rules refuse.
        """
        if name in self.names:
            raise ConstructError(self.path, f"the job {name!r} is declared twice")
        self._grant(request, exact_output)
        try:
            put = {
                key: self.values.shared(value)
                if key in _SHARED
                else self.values.without_tokens(value)
                for key, value in request.items()
                if value is not None
            }
        except TokenKeyError as error:
            raise ConstructError(self.path, f"job {name!r}: {error}") from error
        if self.validate:
            self._check(name, put)
        self.names.add(name)
        self._jobs.append({
            "logicalName": name, "request": put,
            "revision": self.values.without_tokens(revision), "exactOutput": exact_output,
        })  # fmt: skip

    def pass_role(self, arn: str) -> None:
        """Note a role that jobs are given."""
        if arn and arn not in self.roles:
            self.roles.add(arn)
            for tell in self._told:
                tell(arn)

    def tell_roles(self, tell: Callable[[str], None]) -> None:
        """Have this called with the ARN of every role, those of jobs to come included."""
        self._told.append(tell)
        for arn in in_order(self.roles):
            tell(arn)

    def _place(self, location: object) -> tuple[str, str]:
        known = self._places.get(location)
        if known is None:
            known = self._places[location] = bucket_and_key(location)
        return known

    def document(self) -> FleetDocument:
        """The document of all jobs. Raises ConstructError."""
        try:
            return FleetDocument.of(self._jobs, self.values.kinds)
        except DocumentError as error:
            raise ConstructError(self.path, str(error)) from error

    def write(self, folder: Path) -> tuple[Path, str]:
        """The document as a file in this folder, and its digest."""
        text = self.document().text()
        digest = digest_of(text)
        path = folder / f"neo-fleet.{digest}.json"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path, digest

    def _check(self, name: str, request: Mapping[str, object]) -> None:
        found = check_job(request, region=self.region, is_late=is_open)
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        if errors:
            raise InvalidJobError(f"{self.path}: job {name!r}", errors)

    def _grant(self, request: Mapping[str, object], exact: bool) -> None:
        role = str(request.get("RoleArn") or "")
        output: Any = request.get("OutputConfig") or {}
        bucket, prefix = self._place(output.get("S3OutputLocation"))
        bare = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        written = bare if exact else f"{bare}{self.owner}-"
        self.pass_role(role)
        if bucket:
            self.looked_for.read.setdefault(bucket, set()).add(f"{written}*")
        if role != self.role_arn:
            return
        if bucket:
            self.grants.written.setdefault(bucket, {})[written] = bare
        source: Any = request.get("InputConfig") or {}
        model, key = bucket_and_key(source.get("S3Uri"))
        if model:
            self.grants.read.setdefault(model, set()).add(key)
        if isinstance(package := request.get("ModelPackageVersionArn"), str):
            self.grants.packages.add(package)
        if isinstance(kms_key := output.get("KmsKeyId"), str) and kms_key:
            self.grants.encrypted.add(named_key(kms_key))
        self.grants.uses_vpc |= bool(request.get("VpcConfig"))


def bucket_and_key(uri: object) -> tuple[str, str]:
    """The ARN of an s3:// URI's bucket, and the key; empty for what is none."""
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if match is None:
        return "", ""
    return f"arn:{facts.partition()}:s3:::{match[1]}", match[2]
