"""The declared jobs of a fleet, and the document that they are compiled to.

Declaring a job makes no call to jsii, and jobs that differ only in their names are rendered once:
a fleet is declared in microseconds a job.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from neo_constructs.iam.keys import named_key
from neo_constructs.iam.role_grants import RoleGrants
from neo_constructs.request.invalid_job import InvalidJobError
from neo_constructs.request.token_extractor import TokenExtractor
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import bucket_arn
from neo_constructs.synth.tokens import in_order, without_tokens
from neo_constructs.vocabulary.model_artifact import CheckedObject
from reconciler.core.contract import MAX_JOBS
from reconciler.core.extraction import DeployTimeNameError
from reconciler.core.fleet.document import JobText, digest_of, document_text, encode
from reconciler.core.fleet.variables import has_reference
from reconciler.rules.finding import Finding, Severity
from reconciler.rules.s3_uri import is_iam_pattern

_URI: Final = re.compile(r"s3://((?:\$\{Token\[[^\]]*\]\}|[^/$])+)/?(.*)", re.DOTALL)

_OUTPUT_NAMES: Final = ("S3OutputLocation", "KmsKeyId")


@dataclass(slots=True)
class FleetJobs:
    """Declared jobs.

    Attributes:
        path: The construct's, for errors.
        owner: What the reconciler's own folders begin with.
        role_arn: The fleet's own role, whose permissions are gathered in ``grants``.
        output: OutputConfig of jobs that do not name another.
        looked_for: Objects that the reconciler looks up.
        validate: Whether the rules check each job when it is declared.
        verifies: Whether the reconciler reads artifacts, and models to compare them with.
        warnings: Of each rule that warns, the first job and the finding, by the rule's code.
    """

    path: str
    owner: str
    role_arn: str
    output: Mapping[str, object]
    grants: RoleGrants
    looked_for: RoleGrants
    region: str | None
    validate: bool = True
    verifies: bool = False
    values: TokenExtractor = field(default_factory=TokenExtractor)
    names: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    warnings: dict[str, tuple[str, Finding]] = field(default_factory=dict)
    _told: list[Callable[[str], None]] = field(default_factory=list)
    _places: dict[object, tuple[str, str]] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)
    _is_rendered: bool = False
    # By the representations of values, with the values, so that no id in them is reused.
    _members: dict[str, tuple[object, str, object]] = field(default_factory=dict)
    _granted: set[tuple[object, ...]] = field(default_factory=set)

    def add(self, name: str, job: JobText) -> None:
        """Declare a job of this name. Raises ConstructError for a name that cannot be taken."""
        if not isinstance(name, str) or not name:
            raise ConstructError(self.path, f"invalid job name {name!r}; give a non-empty text")
        if name in self.names:
            raise ConstructError(self.path, f"the job {name!r} is declared twice")
        if len(self._texts) >= MAX_JOBS:
            raise ConstructError(self.path, f"at most {MAX_JOBS} jobs are allowed in one fleet")
        if self._is_rendered:
            raise ConstructError(
                self.path, f"the job {name!r} is declared after the template was rendered; declare "
                "it before the app is synthesized",
            )  # fmt: skip
        self.names.add(name)
        self._texts.append(job.named(name))

    def prepare(
        self,
        name: str,
        request: Mapping[str, object],
        *,
        revision: str | None = None,
        exact_output: bool = False,
    ) -> JobText:
        """Prepare a job from its request, tokens allowed, and gather its permissions.

        Raises ConstructError for what no document can hold, InvalidJobError for what rules refuse.
        """
        given = {key: value for key, value in request.items() if value is not None}
        try:
            members = {key: self._member(value) for key, value in given.items()}
            content = encode(self.values.without_tokens(revision))
        except (DeployTimeNameError, TypeError, ValueError) as error:
            raise ConstructError(self.path, f"job {name!r}: {error}") from error
        if self.validate:
            self._check(name, {key: plain for key, (plain, _, _) in members.items()})
        texts = {key: text for key, (_, text, _) in members.items()}
        self._refuse_patterns(name, request)
        self._grant(request, texts, exact_output)
        return JobText.of(texts, content, exact_output=exact_output)

    def _member(self, value: object) -> tuple[object, str, object]:
        """Return a member without tokens and as JSON text, made once for what many jobs share."""
        alike = repr(value)
        known = self._members.get(alike)
        if known is None:
            plain = self.values.without_tokens(value)
            known = self._members[alike] = (plain, encode(plain), value)
        return known

    def look_for(self, checked: CheckedObject) -> None:
        """Have the reconciler look this object up."""
        self.looked_for.read.setdefault(checked.bucket_arn, set()).add(checked.key)
        if checked.encryption is not None:
            self.looked_for.decrypted.add(checked.encryption)

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

    def role_document(self) -> dict[str, object]:
        """Return the policy document of the fleet's role; no job may be added afterwards."""
        self._close()
        return self.grants.document()

    def objects(self) -> RoleGrants:
        """Return what the reconciler looks up; no job may be added afterwards."""
        self._close()
        return self.looked_for

    def text(self) -> str:
        """Return the canonical text of a FleetDocument of all jobs."""
        return document_text(self._texts, self.values.kinds)

    def write(self, folder: Path) -> tuple[Path, str]:
        """Write the document to this folder; return its path and digest."""
        self._close()
        content = self.text().encode()
        digest = digest_of(content)
        path = folder / f"neo-fleet.{digest}.json"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path, digest

    def allow_uploads(self) -> None:
        """Gather the permissions of jobs that an upload declares: to use the fleet's own output."""
        self._grant_output(self.output, self.role_arn, False)

    def _close(self) -> None:
        self._is_rendered = True
        if not self._texts:  # a policy of no statement would be refused
            self.allow_uploads()

    def _check(self, name: str, request: Mapping[str, object]) -> None:
        from reconciler.rules.families.check import (
            check_job,  # loaded when the first job is checked
        )

        found = check_job(request, region=self.region, is_deploy_time=has_reference)
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        if errors:
            raise InvalidJobError(f"{self.path}: job {name!r}", errors)
        for finding in found:
            if finding.severity is Severity.WARNING:
                self.warnings.setdefault(finding.code, (name, finding))

    def _refuse_patterns(self, name: str, request: Mapping[str, object]) -> None:
        """Refuse names that would widen a policy; rules leave names with tokens for the Lambda."""
        for path, text in _names_of_resources(request):
            if isinstance(text, str) and is_iam_pattern(without_tokens(text)):
                raise ConstructError(
                    self.path, f"job {name!r}: {path} is {text!r}; *, ? and ${{ are patterns in "
                    "IAM policies; name a single resource",
                )  # fmt: skip

    def _grant(self, request: Mapping[str, object], texts: Mapping[str, str], exact: bool) -> None:
        role = str(request.get("RoleArn") or "")
        output: Any = request.get("OutputConfig") or {}
        source: Any = request.get("InputConfig") or {}
        self.pass_role(role)
        if self._is_new(texts.get("OutputConfig"), role, exact):
            self._grant_output(output, role, exact)
        readers = [self.grants] if role == self.role_arn else []
        if self.verifies:
            readers.append(self.looked_for)
        if self._is_new(texts.get("InputConfig"), len(readers)):
            model, key = bucket_and_key(source.get("S3Uri"))
            for reader in readers if model else ():
                reader.read.setdefault(model, set()).add(key)
        if role != self.role_arn:
            return
        if isinstance(package := request.get("ModelPackageVersionArn"), str):
            self.grants.packages.add(package)
        self.grants.uses_vpc |= bool(request.get("VpcConfig"))

    def _is_new(self, *part: object) -> bool:
        """Return whether no job before had this part."""
        if part in self._granted:
            return False
        self._granted.add(part)
        return True

    def _grant_output(self, output: Mapping[str, Any], role: str, exact: bool) -> None:
        bucket, prefix = self._place(output.get("S3OutputLocation"))
        bare = f"{prefix.rstrip('/')}/" if prefix.rstrip("/") else ""
        written = bare if exact else f"{bare}{self.owner}-"
        if bucket:
            self.looked_for.read.setdefault(bucket, set()).add(f"{written}*")
        kms_key = output.get("KmsKeyId")
        encryption = named_key(kms_key) if isinstance(kms_key, str) and kms_key else None
        if encryption is not None and self.verifies:
            self.looked_for.decrypted.add(encryption)
        if role != self.role_arn:
            return
        if bucket:
            self.grants.written.setdefault(bucket, {})[written] = bare
        if encryption is not None:
            self.grants.encrypted.add(encryption)


def _names_of_resources(request: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield each value that becomes a resource of a policy, with its path."""
    for key in ("RoleArn", "ModelPackageVersionArn"):
        yield key, request.get(key)
    for parent, keys in (("InputConfig", ("S3Uri",)), ("OutputConfig", _OUTPUT_NAMES)):
        node: Any = request.get(parent) or {}
        for key in keys:
            yield f"{parent}.{key}", node.get(key)


def bucket_and_key(uri: object) -> tuple[str, str]:
    """Return the bucket's ARN and the key of an s3:// URI; empty for other text."""
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if match is None:
        return "", ""
    return bucket_arn(match[1]), match[2]
