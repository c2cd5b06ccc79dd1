"""One job from its request to its artifact: fetch, compile in a process of its own, store."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from neo_local import ENGINE
from neo_local.compiler import failure, targets
from neo_local.environments import HOLDS_CODE, Environments, shown_for
from neo_local.jobs.control import Control
from neo_local.jobs.job import Job
from neo_local.jobs.leftovers import (
    BadAnswer,
    is_file,
    printable,
    read_answer,
    remove_tree,
    workspace,
)
from neo_local.jobs.outcome import Compiled, JobFailed
from neo_local.jobs.process import JobProcess
from neo_local.jobs.s3 import Location, parse_uri
from neo_local.worker.main import ARTIFACT, JOB, MODEL, RESULT

_ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar")
_RUNS_CODE = (
    "reading a {} model runs code that is in it, which is done in a sandbox only, and this system "
    "has none (neoctl local status)."
)
_CPU_MARGIN_SECONDS = 60
# TensorFlow's converter holds a model many times over: 4.4 GB of addresses for ResNet-50's 94 MB.
_CONVERTER_MB = {"KERAS": 4096, "TENSORFLOW": 4096}
_WEEK_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one job's process may use."""

    memory_mb: int = 4096  # vgg19, of 575 MB, takes 3.3 GB
    archive_mb: int = 2048
    file_mb: int = 4096
    processes: int = 64


class Storage(Protocol):
    """Where models come from and artifacts go. Both raise JobFailed."""

    def fetch(self, where: Location, to: Path, control: Control) -> None: ...
    def store(self, artifact: Path, where: Location, key_id: str | None, job: str) -> None: ...


@dataclass(frozen=True, slots=True)
class NeoCompiler:
    """Implements the runner's Compiler.

    Attributes:
        storage: Opens the storage as a job may use it. Raises JobFailed if it may not.
    """

    storage: Callable[[Job], Storage]
    folder: Path
    limits: WorkerLimits
    account: str
    process: JobProcess = field(default_factory=JobProcess)
    environments: Environments = field(default_factory=Environments)

    def compile(self, job: Job, control: Control) -> Compiled:
        """Compile a job's model. Raises JobFailed, and what `control.check` raises."""
        if "InputConfig" not in job.request:
            raise JobFailed(str(failure.local_limit("there is no model registry for packages.")))
        with workspace(self._parent()) as folder:
            source = parse_uri(job.request["InputConfig"]["S3Uri"])
            storage = self.storage(job)
            storage.fetch(source, folder / MODEL, control)
            derived = self._run(job, folder, control)
            control.check()
            where, target = _destination(job, source)
            artifact = _checked(folder / ARTIFACT)
            storage.store(artifact, where, job.request["OutputConfig"].get("KmsKeyId"), job.name)
            image = self._inference_image(job) if target.cloud else ""
            return Compiled(where.uri, _digest(artifact), image, derived)

    def _parent(self) -> Path:
        parent = self.folder / "work"
        parent.mkdir(parents=True, exist_ok=True)
        return parent

    def _run(self, job: Job, folder: Path, control: Control) -> str:
        request = job.request
        framework = request["InputConfig"]["Framework"]
        if framework in HOLDS_CODE and not self.process.sandboxed:
            raise JobFailed(str(failure.local_limit(_RUNS_CODE.format(framework))))
        environment = self.environments.of(framework)
        spec = {"input": request["InputConfig"], "output": request["OutputConfig"]}
        spec |= {"limits": self._limits(job, framework), "environment": str(environment or "")}
        (folder / JOB).write_text(json.dumps(spec))
        log = self._log(job.arn)
        log.parent.mkdir(parents=True, exist_ok=True)
        shown = shown_for(environment) if environment else ()
        status = self.process.run(folder, log, control, shown)
        return _derived_inputs(folder / RESULT, status)

    def _limits(self, job: Job, framework: str) -> dict[str, int]:
        seconds = min(job.max_runtime_seconds, _WEEK_SECONDS) + _CPU_MARGIN_SECONDS
        own = asdict(self.limits) | {"cpu_seconds": seconds}
        return own | {"memory_mb": self.limits.memory_mb + _CONVERTER_MB.get(framework, 0)}

    def forget(self, arn: str) -> None:
        """Remove a job's log."""
        self._log(arn).unlink(missing_ok=True)

    def _log(self, arn: str) -> Path:
        return self.folder / "logs" / arn.split(":")[3] / f"{arn.rpartition('/')[2]}.log"

    def _inference_image(self, job: Job) -> str:
        """Return an image of the form that Neo answers with, and of a name that no registry has."""
        framework = str(job.request["InputConfig"]["Framework"]).lower()
        registry = f"{self.account}.dkr.ecr.{job.region}.amazonaws.com"
        return f"{registry}/sagemaker-inference-{framework}:engine-{ENGINE}-cpu-py3"


def _checked(artifact: Path) -> Path:
    """Return the artifact's path. Raises JobFailed if it is no file."""
    if not is_file(artifact):
        raise JobFailed(f"ServerError: the compiler left no artifact (engine={ENGINE}).")
    return artifact


def _digest(artifact: Path) -> str:
    with artifact.open("rb") as content:
        return hashlib.file_digest(content, "blake2b").hexdigest()


def _destination(job: Job, source: Location) -> tuple[Location, targets.Target]:
    output = job.request["OutputConfig"]
    target = targets.resolve(output, {})
    return artifact_location(output["S3OutputLocation"], source.key, target.label), target


def artifact_location(output: str, model_key: str, label: str) -> Location:
    """Return where Neo puts it: ``<prefix>/<model's base name>-<target>.tar.gz``."""
    prefix = parse_uri(output)
    name = f"{_base_name(model_key)}-{label}.tar.gz"
    folder = prefix.key.rstrip("/")
    return Location(prefix.bucket, f"{folder}/{name}" if folder else name)


def _base_name(key: str) -> str:
    name = key.rstrip("/").rsplit("/", 1)[-1]
    for suffix in _ARCHIVE_SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _derived_inputs(result: Path, status: int) -> str:
    """Return the inputs that the worker found. Raises JobFailed if it failed or crashed."""
    try:
        answer = read_answer(result)
    except BadAnswer:
        raise JobFailed(_crash(status)) from None
    if "derived_inputs" not in answer:
        raise JobFailed(printable(str(answer.get("failure", _crash(status)))))
    return str(answer["derived_inputs"])


def _crash(status: int) -> str:
    if status == -signal.SIGXCPU or status == -signal.SIGKILL:
        why = "it used more CPU time or memory than a local job may"
    elif status < 0:
        why = f"{signal.strsignal(-status) or -status}, perhaps for want of memory"
    else:
        why = f"exit status {status}"
    return str(failure.local_limit(f"the compiler's process ended early: {why}."))


def clear_workspaces(folder: Path) -> None:
    """Remove what a killed process left behind."""
    for leftover in (folder / "work").glob("*"):
        remove_tree(leftover)
