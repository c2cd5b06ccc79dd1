"""One compilation job of the in-memory SageMaker: how it goes, and all that happened to it.

A job's statuses are a timeline, fixed as far as it is known, so that reading the past (a lagging
replica) is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Wire = dict[str, Any]
LIVE: Final = ("STARTING", "INPROGRESS", "STOPPING")
TERMINAL: Final = ("COMPLETED", "FAILED", "STOPPED")


@dataclass(frozen=True, slots=True)
class Script:
    """How a job goes if nobody stops it; seconds."""

    starting: float = 5.0
    running: float = 60.0
    outcome: str = "COMPLETED"
    reason: str = ""
    stopping: float = 10.0
    completes_when_stopped: bool = False
    """The job ends by itself while it is being stopped: STOPPING, then COMPLETED."""
    artifact_missing: bool = False
    content: bytes = b""
    """The artifact's bytes; by default those of a compiled model."""
    artifact_after: float = 0.0
    """How long after the job COMPLETED its artifact can be read."""


@dataclass(slots=True)
class Job:
    """One record, with all that ever happened to it."""

    name: str
    arn: str
    request: Wire
    tags: dict[str, str]
    script: Script
    timeline: list[tuple[float, str]]
    deleted: float | None = None
    artifact_removed: bool = False
    artifact_overwritten: float | None = None
    foreign: bool = False

    @property
    def created(self) -> float:
        return self.timeline[0][0]

    def status(self, when: float) -> str:
        """Return the status at that time."""
        status = self.timeline[0][1]
        for time, later in self.timeline:
            if time <= when:
                status = later
        return status

    def since(self, when: float) -> float:
        """When the status at that time was reached."""
        return max(time for time, _ in self.timeline if time <= when)

    def times(self, when: float) -> Wire:
        """CompilationStartTime and CompilationEndTime, as far as they have come."""
        reached = [(time, status) for time, status in self.timeline if time <= when]
        start = [time for time, status in reached if status == "INPROGRESS"]
        end = [time for time, status in reached if status in TERMINAL]
        return {
            name: time_of(found[0])
            for name, found in (("CompilationStartTime", start), ("CompilationEndTime", end))
            if found
        }

    def stop(self, now: float) -> None:
        """Make it STOPPING now; what was to come no longer comes."""
        end = self.timeline[-1][0]
        if self.script.completes_when_stopped:
            finish, outcome = min(end, now + self.script.stopping), self.script.outcome
        else:
            finish, outcome = now + self.script.stopping, "STOPPED"
        self.timeline = [entry for entry in self.timeline if entry[0] <= now]
        self.timeline += [(now, "STOPPING"), (max(finish, now), outcome)]

    @property
    def artifact(self) -> str:
        """Where Neo puts the result: <basename>-<target>.tar.gz below the output location."""
        output = self.request["OutputConfig"]
        source = self.request.get("InputConfig", {}).get("S3Uri", "s3://packages/package.tar.gz")
        base = source.rsplit("/", 1)[-1].removesuffix(".tar.gz")
        return f"{output['S3OutputLocation'].rstrip('/')}/{base}-{target_of(output)}.tar.gz"


PLATFORM: Final = tuple(
    f"CompilationTargetPlatform{part}" for part in ("Os", "Arch", "Accelerator")
)
"""How summaries name the parts of a platform."""


def target_of(output: Wire) -> str:
    """Return the target of an OutputConfig, as artifacts are named by it."""
    platform = output.get("TargetPlatform", {})
    parts = [platform[key] for key in ("Os", "Arch", "Accelerator") if key in platform]
    return str(output.get("TargetDevice") or "_".join(parts))


def summary(job: Job, when: float) -> Wire:
    output = job.request["OutputConfig"]
    platform = output.get("TargetPlatform", {})
    return {
        "CompilationJobName": job.name,
        "CompilationJobArn": job.arn,
        "CreationTime": time_of(job.created),
        "LastModifiedTime": time_of(job.since(when)),
        "CompilationJobStatus": job.status(when),
        **({"CompilationTargetDevice": output["TargetDevice"]} if "TargetDevice" in output else {}),
        **{f"CompilationTargetPlatform{key}": value for key, value in platform.items()},
        **job.times(when),
    }


def time_of(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
