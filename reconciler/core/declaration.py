"""Declaration: the desired state of one compilation job, and the identity that follows.

Two kinds of fields (docs/decisions/0002): what determines the compilation is in the identity, and
a change of it is another job. Settings (role, network, stopping condition, tags) are not: changing
them never recompiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from reconciler.core import contract
from reconciler.core.canonical import Json, digest, is_unicode, normalised, parsed
from reconciler.core.fields import (
    DATA_INPUT_CONFIG,
    FRAMEWORK,
    NAME,
    OUTPUT_LOCATION,
    TAGS,
    Kind,
    Role,
    nested,
    paths,
    short_path,
)
from reconciler.core.identity import ID_LENGTH, Identity, Owner, slug
from reconciler.core.request import JobRequest, RequestError, Tags, Value

SCHEME: Final = 1
SETTINGS_DIGEST_LENGTH: Final = 16
_FINGERPRINT: Final = {path: short_path(path) for path in paths(role=Role.FINGERPRINT)}
_SETTINGS: Final = paths(role=Role.SETTING)
_READ: Final = frozenset({OUTPUT_LOCATION, *paths(kind=Kind.JSON)})
"""Fields whose meaning, not whose text, is in the fingerprint."""


@dataclass(frozen=True)
class Declaration:
    """One job that should exist.

    Attributes:
        owner: Whose it is.
        logical_name: Its name in the declaring text: a construct's path, a spec's name.
        request: The request as declared, its tags those of the user.
        revision: A version of the input (an asset's hash, an object version, a digest), if the
            user declared one. Another revision is another job.
        exact_output: Send S3OutputLocation as it is. Otherwise every identity gets a folder of
            its own below it, since Neo overwrites ``<basename>-<target>.tar.gz``.
        existing_job: The name of a job that was made by other means and satisfies the
            declaration. It is read, and never changed.
    """

    owner: Owner
    logical_name: str
    request: JobRequest
    revision: str | None = None
    exact_output: bool = False
    existing_job: str | None = None

    @staticmethod
    def read(
        owner: Owner, document: Mapping[str, object], request: Mapping[str, object]
    ) -> Declaration:
        """Read a declaration as templates and fleet documents hold it. Raises RequestError.

        Args:
            owner: Whose it is.
            document: The declaration; see ``core.contract`` for its keys.
            request: Its request, with deploy-time values and tags put in.
        """
        name, revision = document.get(contract.LOGICAL_NAME), document.get(contract.REVISION)
        for key, value in ((contract.LOGICAL_NAME, name), (contract.REVISION, revision)):
            if value is not None and not is_unicode(str(value)):
                raise RequestError(key, value, "text without halves of surrogate pairs")
        return Declaration(
            owner=owner,
            logical_name=name if isinstance(name, str) else "",
            request=JobRequest.from_wire(request),
            revision=None if revision is None else str(revision),
            exact_output=bool(document.get(contract.EXACT_OUTPUT)),
        )

    @cached_property
    def identity(self) -> Identity:
        """Who this job is: a pure function of the declaration."""
        return Identity(
            self.owner,
            slug(self.logical_name, self.owner),
            digest(
                {
                    "scheme": SCHEME,
                    "owner": self.owner.name,
                    "logical_name": self.logical_name,
                    "compilation": self.fingerprint_fields,
                },
                ID_LENGTH,
            ),
        )

    @property
    def fingerprint_fields(self) -> dict[str, Json]:
        """The part of the request that determines what is compiled, JSON fields parsed.

        No defaults are filled in: what is not declared is not here.
        """
        part = nested(
            [
                (_FINGERPRINT[path], self._meaning(path, value) if path in _READ else value)
                for path, value in self.request.values.items()
                if path in _FINGERPRINT
            ]
        )
        if self.revision is not None:
            part["revision"] = self.revision
        if self.exact_output:
            part["exact_output"] = True
        return part

    def _meaning(self, path: str, value: Value) -> object:
        text = str(value)
        if path == OUTPUT_LOCATION:
            return text if self.exact_output else text.rstrip("/")
        if path == DATA_INPUT_CONFIG:
            return _inputs(self.request.text(FRAMEWORK), text)
        return parsed(text)

    @cached_property
    def settings_digest(self) -> str:
        """A digest of the settings that take effect with the next compile.

        Tags are not among them: they are changed in place.
        """
        given = self.request.values
        settings = nested((path, given[path]) for path in _SETTINGS if path in given)
        settings.setdefault("StoppingCondition", {})
        vpc = settings.get("VpcConfig")
        # Lists without names, and null for none: the form that tags of existing jobs are of.
        settings["VpcConfig"] = vpc and [sorted(items) for items in vpc.values()]
        return digest(settings, SETTINGS_DIGEST_LENGTH)

    @property
    def output_location(self) -> str:
        """The S3OutputLocation that is sent: ``<declared prefix>/<identity>/``, or as declared."""
        declared = self.request.output_location
        return declared if self.exact_output else f"{declared.rstrip('/')}/{self.identity}/"

    def create_request(self, name: str, tags: Tags) -> dict[str, Json]:
        """Return the CreateCompilationJob request for the job called ``name``, with these tags."""
        request = self.request.changed({OUTPUT_LOCATION: self.output_location, TAGS: tags})
        return {NAME: name, **request.to_wire()}


def _inputs(framework: str | None, text: str) -> Json:
    """Return DataInputConfig parsed; PyTorch binds inputs by their order, others by their names.

    Source: CreateCompilationJob, InputConfig.DataInputConfig ("in order"); a PyTorch model's
    inputs have no names of their own, so there the order of the keys is part of the meaning.
    """
    value = parsed(text)
    if framework == "PYTORCH" and isinstance(value, dict) and len(value) > 1:
        return {"ordered": normalised(list(value.items()))}
    return value
