"""Where an artifact comes from, as an in-toto statement with SLSA's provenance (both v1).

The statement is plain JSON beside the artifact, unsigned: it tells two archives apart and says what
to compare one with; against whoever may replace both it has to be signed (``cosign``).
https://github.com/in-toto/attestation, https://slsa.dev/spec/v1.0/provenance
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.core.observed import ObservedJob
from reconciler.inspection.bounded_json import mapping, parse, sequence, text
from reconciler.inspection.errors import Damaged
from reconciler.inspection.limits import ReadBudget
from reconciler.rules.finding import Finding
from reconciler.verification import codes
from reconciler.verification.artifact import Artifact
from reconciler.verification.expectation import Expectation, expectation_of

SUFFIX: Final = ".intoto.json"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PREDICATE: Final = "https://slsa.dev/provenance/v1"
_BUILD: Final = (
    "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateCompilationJob.html"
)
_NEO: Final = "https://aws.amazon.com/sagemaker/neo/"
_ENGINE: Final = "urn:neo-as-code:engine:"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an artifact was made of, and by which job.

    Attributes:
        sha256: The archive's; of a statement about several files, of each.
        request: The job's InputConfig and OutputConfig, as Describe gives them.
        job_arn: CompilationJobArn.
        source: The input model's URI.
        source_sha256: Its archive's; empty if it is not known what the job read.
        engine: Empty for Amazon SageMaker Neo.
    """

    sha256: tuple[str, ...]
    request: Mapping[str, Any] = field(default_factory=dict)
    job_arn: str = ""
    source: str = ""
    source_sha256: str = ""
    engine: str = ""


def statement_of(
    job: ObservedJob, name: str, sha256: str, *, source_sha256: str = "", engine: str = ""
) -> dict[str, Any]:
    """Return the statement about a COMPLETED job's artifact, kept in a file called `name`."""
    request = {key: (job.described or {}).get(key) for key in ("InputConfig", "OutputConfig")}
    source: dict[str, Any] = {"uri": text(mapping(request["InputConfig"]).get("S3Uri"))}
    if source_sha256:
        source["digest"] = {"sha256": source_sha256}
    times = {"startedOn": job.started or job.created, "finishedOn": job.ended}
    return {
        "_type": _STATEMENT,
        "subject": [{"name": name, "uri": job.s3_model_artifacts, "digest": {"sha256": sha256}}],
        "predicateType": _PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD,
                "externalParameters": request,
                "internalParameters": {"CompilationJobName": job.name},
                "resolvedDependencies": [source],
            },
            "runDetails": {
                "builder": {"id": f"{_ENGINE}{engine}" if engine else _NEO},
                "metadata": {
                    "invocationId": job.arn,
                    **{key: time.isoformat() for key, time in times.items() if time},
                },
            },
        },
    }


def read_statement(data: bytes, budget: ReadBudget) -> Provenance:
    """Read a statement. Raises InspectionError for what is not one of these."""
    root = mapping(parse(data, budget))
    if root.get("_type") != _STATEMENT or root.get("predicateType") != _PREDICATE:
        raise Damaged("it is not an in-toto statement (v1) with SLSA provenance (v1)")
    predicate = mapping(root.get("predicate"))
    build, run = mapping(predicate.get("buildDefinition")), mapping(predicate.get("runDetails"))
    source = mapping(next(iter(sequence(build.get("resolvedDependencies"))), None))
    subjects = map(mapping, sequence(root.get("subject")))
    found = tuple(text(mapping(one.get("digest")).get("sha256")) for one in subjects)
    if not any(found):
        raise Damaged("it names no subject with a SHA-256")
    builder = text(mapping(run.get("builder")).get("id"))
    return Provenance(
        sha256=found,
        request=mapping(build.get("externalParameters")),
        job_arn=text(mapping(run.get("metadata")).get("invocationId")),
        source=text(source.get("uri")),
        source_sha256=text(mapping(source.get("digest")).get("sha256")),
        engine=builder.removeprefix(_ENGINE) if builder.startswith(_ENGINE) else "",
    )


def check_provenance(
    artifact: Artifact, provenance: Provenance, expected: Expectation
) -> Iterator[Finding]:
    """Yield what contradicts an artifact's provenance."""
    if artifact.sha256 and artifact.sha256 not in provenance.sha256:
        yield codes.PROVENANCE.at(
            codes.ARTIFACT,
            "the archive is not the one that its provenance is about",
            got=f"sha256 {artifact.sha256}",
            allowed=f"sha256 {' or '.join(provenance.sha256)}",
            hint="One of both was replaced. Download both again: neoctl artifacts JOB --download "
            "DIR --provenance.",
        )
    made_for = expectation_of(provenance.request).target
    if expected.target and made_for and expected.target != made_for:
        yield codes.PROVENANCE.at(
            codes.TARGET,
            "its provenance is of a job for another target",
            got=made_for,
            allowed=expected.target,
            hint="Take the artifact of the job that was ordered.",
        )
