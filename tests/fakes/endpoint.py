"""The endpoint in this process, with a compiler that does as it is told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from neo_local.endpoint.dispatch import Dispatcher
from neo_local.endpoint.place import Place
from neo_local.endpoint.records import RecordStore
from neo_local.endpoint.server import EndpointServer
from neo_local.endpoint.services import Services, Surroundings
from neo_local.faults import Faults, Switches, changed
from neo_local.jobs.control import Control
from neo_local.jobs.job import Job
from neo_local.jobs.outcome import Compiled
from neo_local.jobs.runner import JobRunner
from neo_local.jobs.store import JobStore
from tests.embedded.aws import signed

ROLE = "arn:aws:iam::000000000000:role/neo-job"
ACCOUNT, REGION = "000000000000", "us-east-1"
PATIENCE_SECONDS = 10.0
KEY_ID, SECRET = "test", "test-secret"
_SESSION = boto3.session.Session(
    region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET
)  # shared, since it keeps the service models that it has loaded


@dataclass
class ScriptedCompiler:
    """Ends every job as scripted; while `gate` is clear, jobs stay in progress."""

    gate: threading.Event = field(default_factory=threading.Event)
    ends: dict[str, Exception] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def compile(self, job: Job, control: Control) -> Compiled:
        self.seen.append(job.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while not self.gate.wait(0.01):
                control.check()
            if job.name in self.ends:
                raise self.ends[job.name]
            return Compiled(f"s3://models/out/{job.name}.tar.gz", "ab" * 64, derived_inputs="{}")
        finally:
            self.at_once -= 1

    def forget(self, arn: str) -> None:
        self.forgotten.append(arn)


@dataclass
class Service:
    """A running endpoint and its clients."""

    url: str
    faults: Faults
    compiler: ScriptedCompiler
    store: JobStore
    clients: dict[tuple[str, int, str], Any] = field(default_factory=dict)

    def client(self, name: str = "sagemaker", attempts: int = 1, region: str = REGION) -> Any:
        key = (name, attempts, region)
        return self.clients.get(key) or self._client(*key)

    def _client(self, name: str, attempts: int, region: str) -> Any:
        client = _SESSION.client(
            name,
            region_name=region,
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": attempts}, parameter_validation=False),
        )
        self.clients[name, attempts, region] = client
        return client

    def post(
        self,
        operation: str,
        body: Mapping[str, Any] | bytes,
        prefix: str = "SageMaker",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """A call past any client: the status and the answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"X-Amz-Target": f"{prefix}.{operation}", **(headers or {})}
        request = signed(self.url, KEY_ID, SECRET, data, named)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def switch(self, **switches: Any) -> None:
        self.faults.update(switches)

    def admin(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = signed(f"{self.url}/_neo_local/{path}", KEY_ID, SECRET, data)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def wait(self, name: str, *statuses: str) -> dict[str, Any]:
        """Poll Describe until the job has one of the statuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            job: dict[str, Any] = self.client().describe_compilation_job(CompilationJobName=name)
            if job["CompilationJobStatus"] in statuses:
                return job
            assert time.monotonic() < deadline, f"{name} is still {job['CompilationJobStatus']}"
            time.sleep(0.01)


def arn_of(name: str, kind: str = "compilation-job", region: str = REGION) -> str:
    """Return the ARN of a resource of the endpoint."""
    return Place(ACCOUNT, region).arn(kind, name)


def create_request(name: str, **changes: Any) -> dict[str, Any]:
    """Return a good CreateCompilationJob request; a change of None takes the member out."""
    request = {
        "CompilationJobName": name,
        "RoleArn": ROLE,
        "InputConfig": {"S3Uri": "s3://models/in/model.tar.gz", "Framework": "ONNX"},
        "OutputConfig": {"S3OutputLocation": "s3://models/out/", "TargetDevice": "ml_c5"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 900},
        **changes,
    }
    return {key: value for key, value in request.items() if value is not None}


@contextlib.contextmanager
def running_service(
    folder: Path,
    clock: Callable[[], float] = time.time,
    compiler: ScriptedCompiler | None = None,
    around: Surroundings | None = None,
    **switches: Any,
) -> Iterator[Service]:
    """An endpoint on a free port; ends when left, its jobs kept in `folder`."""
    compiler = compiler or ScriptedCompiler()
    store = JobStore(folder / "jobs.sqlite3", clock)
    faults = Faults(changed(Switches(), switches))
    runner = JobRunner(store, faults, compiler, slots=2, clock=clock)
    records = RecordStore(folder / "hosting.json")
    services = Services(
        store,
        records,
        runner,
        faults,
        clock,
        Place(ACCOUNT, REGION),
        lambda _: around or Surroundings(),
    )
    server = EndpointServer("127.0.0.1", 0, Dispatcher(services), SECRET)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    runner.start()
    thread.start()
    try:
        yield Service(server.url, faults, compiler, store)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        runner.close()
        store.close()
