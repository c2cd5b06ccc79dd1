"""How a job's run can end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compiled:
    """A finished compilation: where its artifact is, and what Describe says of it."""

    artifact: str
    digest: str
    inference_image: str = ""
    derived_inputs: str = ""


class JobFailed(Exception):
    """The job ends FAILED, with this text as its FailureReason."""


class JobStopped(Exception):
    """StopCompilationJob was called."""


class JobTimedOut(Exception):
    """MaxRuntimeInSeconds is over."""
