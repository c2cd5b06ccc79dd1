"""NEO601 to NEO605: conflicts between jobs, and between generations of one job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from reconciler.core.fields import OUTPUT_LOCATION, S3_URI, Role, members, paths
from reconciler.core.output import artifact_name
from reconciler.rules.finding import Finding
from reconciler.rules.job import IsDeployTime, Job, job_of, never_deploy_time
from reconciler.rules.rule import error, info, warning
from reconciler.rules.s3_uri import S3Location, s3_location

OUTPUT_COLLISION: Final = warning("NEO601", "output-collision")
SAME_JOB: Final = warning("NEO602", "duplicate-job")
SAME_NAME: Final = error("NEO603", "duplicate-job-name")
GENERATIONS: Final = info("NEO604", "shared-output-location")
INPUT_IS_OUTPUT: Final = warning("NEO605", "input-is-output")

RULES: Final = (OUTPUT_COLLISION, SAME_JOB, SAME_NAME, GENERATIONS, INPUT_IS_OUTPUT)

_COMPILED: Final = tuple(path for path in paths(role=Role.FINGERPRINT) if path != OUTPUT_LOCATION)
_MEMBERS: Final = members(_COMPILED)


@dataclass(frozen=True, slots=True)
class NamedRequest:
    """A request with its logical name.

    Attributes:
        owner: The owner; the same name of two owners is two names.
        place: Where it runs; the same name in two places is two names.
        exact_output: Whether its artifact goes to the very S3OutputLocation. Otherwise the
            reconciler adds a folder for each identity, and artifacts cannot collide.
    """

    name: str
    wire: Mapping[str, object]
    exact_output: bool = True
    owner: str = ""
    place: str = ""


class CrossJobFinding(NamedTuple):
    """A finding about a job, by its index, and about the other job that it conflicts with."""

    job: int
    finding: Finding
    other: int | None = None


def output_object(
    wire: Mapping[str, object], is_deploy_time: IsDeployTime = never_deploy_time
) -> S3Location | None:
    """Return the object that Neo writes: ``<basename>-<target>.tar.gz`` below S3OutputLocation.

    None where the request does not say (a model package, a deploy-time value, an invalid request).
    Source: recorded artifacts, and neo-getting-started-edge-step1 in AWS's developer guide.
    """
    return _output_of(job_of(wire, None, is_deploy_time))


def _output_of(job: Job) -> S3Location | None:
    source, output = job.text(job.input, "S3Uri"), job.text(job.output, "S3OutputLocation")
    if source is None or output is None or job.target is None:
        return None
    model, folder = s3_location(source), s3_location(output)
    if model is None or folder is None:
        return None
    artifact = artifact_name(model.normal_key, job.target.name)
    return S3Location(folder.bucket, f"{folder.normal_key}/{artifact}".lstrip("/"))


def check(
    jobs: Iterable[NamedRequest], is_deploy_time: IsDeployTime = never_deploy_time
) -> Iterator[CrossJobFinding]:
    """Yield findings about jobs that are declared together."""
    together = list(jobs)
    yield from _names(together)
    yield from _same_jobs(together, is_deploy_time)
    yield from _outputs(together, is_deploy_time)


def _names(jobs: list[NamedRequest]) -> Iterator[CrossJobFinding]:
    first: dict[tuple[str, str, str], int] = {}
    for index, job in enumerate(jobs):
        key = (job.place, job.owner, job.name)
        if first.setdefault(key, index) != index:
            whose = f" of {job.owner!r}" if job.owner else ""
            finding = SAME_NAME.at(
                "CompilationJobName", f"duplicate job name {job.name!r}{whose}",
                got=job.name, hint="Names are unique in an account and region; rename one.",
            )  # fmt: skip
            yield CrossJobFinding(index, finding, first[key])


def _same_jobs(jobs: list[NamedRequest], is_deploy_time: IsDeployTime) -> Iterator[CrossJobFinding]:
    first: dict[tuple[str, ...], int] = {}
    for index, job in enumerate(jobs):
        key = _compiles(job.wire)
        if key is None or is_deploy_time(list(key)):
            continue
        other = first.setdefault((job.place, job.owner, *key), index)
        if other != index and jobs[other].name != job.name:
            finding = SAME_JOB.at(
                "", f"{job.name!r} compiles the same model for the same target as "
                f"{jobs[other].name!r}", hint="One job is enough: remove the other.",
            )  # fmt: skip
            yield CrossJobFinding(index, finding, other)


def _compiles(wire: Mapping[str, object]) -> tuple[str, ...] | None:
    if not isinstance(wire.get("OutputConfig"), Mapping):
        return None
    parts: list[object] = []
    for structure, names in _MEMBERS.items():
        node = wire.get(structure) if structure else wire
        if isinstance(node, Mapping):
            parts += [node.get(name) for name in names]
    return tuple([part if isinstance(part, str) else repr(part) for part in parts])


def _outputs(jobs: list[NamedRequest], is_deploy_time: IsDeployTime) -> Iterator[CrossJobFinding]:
    written: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, job in enumerate(jobs):
        if not job.exact_output:
            continue
        target = output_object(job.wire, is_deploy_time)
        if target is None:
            continue
        finding = GENERATIONS.at(
            OUTPUT_LOCATION,
            "the output location is used as it is; a changed job overwrites the "
            "artifact of the previous generation", got=f"s3://{target.bucket}/{target.key}",
            hint="Declare it in a fleet without exactOutput: each generation gets a folder.",
        )  # fmt: skip
        yield CrossJobFinding(index, finding)
        written[target.bucket, target.key].append(index)
    for (bucket, key), indexes in written.items():
        yield from _collision(jobs, f"s3://{bucket}/{key}", indexes)
    yield from _inputs(jobs, written)


def _collision(jobs: list[NamedRequest], uri: str, indexes: list[int]) -> Iterator[CrossJobFinding]:
    for index in indexes[1:]:
        finding = OUTPUT_COLLISION.at(
            OUTPUT_LOCATION,
            f"{jobs[index].name!r} and {jobs[indexes[0]].name!r} write the same object; "
            "the last one to finish wins", got=uri,
            hint="Give each job an S3OutputLocation of its own.",
        )  # fmt: skip
        yield CrossJobFinding(index, finding, indexes[0])


def _inputs(
    jobs: list[NamedRequest], written: Mapping[tuple[str, str], list[int]]
) -> Iterator[CrossJobFinding]:
    if not written:
        return
    for index, job in enumerate(jobs):
        source = job.wire.get("InputConfig")
        uri = source.get("S3Uri") if isinstance(source, Mapping) else None
        location = s3_location(uri) if isinstance(uri, str) else None
        writers = written.get((location.bucket, location.normal_key)) if location else None
        if writers:
            finding = INPUT_IS_OUTPUT.at(
                S3_URI, "another job writes this object",
                got=str(uri), hint="Compile trained models, not compiled ones.",
            )  # fmt: skip
            yield CrossJobFinding(index, finding, writers[0])
