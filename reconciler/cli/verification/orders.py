"""What each argument of `neoctl verify` stands for: an artifact, and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.cli.options.outside import ConnectedAccount
from reconciler.cli.options.specs import could_not_run
from reconciler.core.observed import ObservedJob, Phase
from reconciler.inspection.errors import InspectionError
from reconciler.inspection.limits import ReadBudget
from reconciler.specs.job import SpecJob
from reconciler.verification.expectation import DeviceProfile, Expectation, expectation_of
from reconciler.verification.provenance import SUFFIX, Provenance, read_statement

_ARCHIVES = (".tar.gz", ".tgz", ".tar")


@dataclass(frozen=True, slots=True)
class VerifyOrder:
    """One artifact to verify.

    Attributes:
        where: A path, an s3:// URI, or - for standard input.
        digest: ModelDigests.ArtifactDigest of the job; empty if there is none.
        model: Where the input model's archive is; empty if it is not known.
        job: The declaration that it is compared with, if a spec has one.
        in_account: Whether it is a job's, read with the account's own client.
        provenance: The statement beside the file; None if there is none.
    """

    name: str
    where: str
    expected: Expectation
    digest: str = ""
    model: str = ""
    job: SpecJob | None = None
    in_account: bool = False
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class OrderReader:
    """Finds out what arguments stand for.

    Attributes:
        account: Connects to the account when the first job is asked for.
        jobs: The jobs of the specs.
        chosen: The names of `jobs` that --job chose.
        device: What --device says; it wins over the specs.
        budget: What may be read of statements.
    """

    account: Callable[[], ConnectedAccount]
    budget: ReadBudget
    jobs: Sequence[SpecJob] = ()
    chosen: frozenset[str] = frozenset()
    owner: str | None = None
    target: str = ""
    model: str = ""
    device: DeviceProfile | None = None

    def read(self, argument: str) -> VerifyOrder:
        """Return what an argument stands for, or exit with 2."""
        return self._file(argument) if is_archive(argument) else self._job(argument)

    def _file(self, argument: str) -> VerifyOrder:
        job = self._declared()
        provenance = provenance_beside(argument, self.budget)
        wire: Mapping[str, object] = job.wire if job else _request_for(self.target)
        if provenance and not (job or self.target):
            wire = provenance.request
        expected = expectation_of(wire, device=self._device(job))
        return VerifyOrder(
            argument, argument, expected, model=self.model, job=job, provenance=provenance
        )

    def _declared(self) -> SpecJob | None:
        """Return the declaration that files are compared with, None without specs."""
        jobs = [job for job in self.jobs if not self.chosen or job.name in self.chosen]
        if self.jobs and len(jobs) != 1:
            known = ", ".join(job.name for job in self.jobs)
            could_not_run(f"say which job the file is compared with: --job NAME; there are {known}")
        return jobs[0] if jobs else None

    def _job(self, name: str) -> VerifyOrder:
        job = next((job for job in self.jobs if job.name == name), None)
        observed = self._observed(name, job)
        if observed is None:
            could_not_run(f"{name}: no such compilation job, and no file of this name")
        if observed.phase is not Phase.COMPLETED:
            could_not_run(
                f"{observed.name} is {observed.status}; only COMPLETED jobs have artifacts"
            )
        job = job or next((one for one in self.jobs if self._declares(one, observed)), None)
        order = order_of(observed, self._device(job))
        return replace(order, model=self.model or order.model, job=job)

    def _observed(self, name: str, job: SpecJob | None) -> ObservedJob | None:
        """Return a job by its own name, or the newest completed attempt of a declaration."""
        gateway = self.account().gateway
        if job is None:
            return gateway.describe(name)
        identity = str(job.declaration(self.owner).identity)
        attempts = sorted(gateway.list(identity), key=lambda one: one.created, reverse=True)
        done = [one for one in attempts if one.phase is Phase.COMPLETED] or attempts
        return gateway.describe(done[0].name) if done else None

    def _declares(self, job: SpecJob, observed: ObservedJob) -> bool:
        if job.owner is None and self.owner is None:
            return False
        found = observed.job_name
        return found is not None and found.identity == job.declaration(self.owner).identity

    def _device(self, job: SpecJob | None) -> DeviceProfile:
        """Return the device's profile: the spec's, and over it what --device says."""
        said = {key: value for key, value in (job.device or {}).items() if value} if job else {}
        listed = said.pop("libraries", ())
        libraries = tuple(map(str, listed)) if isinstance(listed, list) else ()
        texts = {key: str(one) for key, one in said.items()}
        profile = DeviceProfile(libraries=libraries, **texts)
        return merged_profile(profile, self.device)


def merged_profile(profile: DeviceProfile, over: DeviceProfile | None) -> DeviceProfile:
    """Return a profile with what another one says on top."""
    if over is None:
        return profile
    said = {
        key: getattr(over, key)
        for key in ("glibc", "libstdcxx", "runtime", "jetpack")
        if getattr(over, key)
    }
    return replace(profile, **said, libraries=profile.libraries + over.libraries)


def order_of(job: ObservedJob, device: DeviceProfile | None = None) -> VerifyOrder:
    """Return what a COMPLETED job stands for: its artifact, against what was asked of it."""
    request = job.described or {}
    source = request.get("InputConfig")
    return VerifyOrder(
        name=job.name,
        where=job.s3_model_artifacts,
        expected=expectation_of(request, device=device),
        digest=job.artifact_digest,
        model=str(source.get("S3Uri") or "") if isinstance(source, Mapping) else "",
        in_account=True,
    )


def provenance_beside(archive: str, budget: ReadBudget) -> Provenance | None:
    """Return the statement beside a file, or exit with 2 if it cannot be read."""
    stem = next((archive.removesuffix(end) for end in _ARCHIVES if archive.endswith(end)), archive)
    path = Path(stem + SUFFIX)
    if archive.startswith("s3://") or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return read_statement(file.read(budget.limits.text_bytes + 1), budget)
    except (OSError, InspectionError) as error:
        could_not_run(f"{path}: {getattr(error, 'strerror', None) or error}")


def is_archive(argument: str) -> bool:
    """Return whether an argument names a file or an object, not a job."""
    if argument == "-" or argument.startswith("s3://") or argument.endswith(_ARCHIVES):
        return True
    return "/" not in argument and Path(argument).is_file()


def _request_for(target: str) -> Mapping[str, object]:
    """Return a request that says nothing but its target."""
    from reconciler.specs.targets import target_of

    fields = target_of(target) if target else {}
    if fields is None:
        could_not_run(f"--target {target}: write a device (ml_c5) or a platform (LINUX/ARM64)")
    return {"OutputConfig": fields}


def device_of(pairs: Sequence[str]) -> DeviceProfile | None:
    """Return what the options --device KEY=VALUE say, or exit with 2."""
    if not pairs:
        return None
    return DeviceProfile(**dict(_device_fields(pairs)))  # type: ignore[arg-type]  # checked


def _device_fields(pairs: Sequence[str]) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    known = ("glibc", "libstdcxx", "runtime", "jetpack", "libraries")
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in known:
            could_not_run(f"--device {pair}: write KEY=VALUE; keys are {', '.join(known)}")
        yield key, tuple(value.split(",")) if key == "libraries" else value
