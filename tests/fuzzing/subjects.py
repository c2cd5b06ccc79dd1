"""What is fuzzed: everything that reads what others write. Each subject has seeds, and allows the
errors that its contract names.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from reconciler.cli.plans import files
from reconciler.core.fleet.document import DocumentError, FleetDocument
from reconciler.core.fleet.generation import FleetGeneration, StateError
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Owner
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.event import OPERATION_KEY, Event
from reconciler.inspection.checks.report import inspect_stream
from reconciler.inspection.limits import ReadBudget
from reconciler.specs.checking import check
from reconciler.specs.load import load_text
from tests.contract.golden_events import NEW, OLD, event, identity
from tests.contract.test_golden_events_of_fleets import GOLDEN
from tests.unit.handler.job.test_metrics import World
from tests.unit.inspection.archives import pack
from tests.unit.inspection.damage import files as model_files
from tests.unit.inspection.damage import use
from tests.unit.rules.requests import GOOD
from tests.unit.specs.test_fuzz import JSON_SEEDS, YAML_SEEDS

_SMALL: Final = 8_000
_NEVER_SENT: Final = ("RequestType", "RequestId", "StackId", "LogicalResourceId", OPERATION_KEY)


_PLAN: Final[dict[str, Any]] = {
    "account": "111122223333", "region": "eu-central-1", "source": "account", "made": "2026-11-20",
    "options": {
        "include": ["a*"], "exclude": [], "only": ["a"], "prune": True, "replace": ["a"],
        "refresh": False, "retry_failed": ["input"], "destroy": False, "state": "s3://b/x",
    },
    "actions": [
        {
            "action": "retag", "owner": "team", "job": "team-a-aaaaaaaaaaaa", "logical_name": "a",
            "reason": "tags", "set_tags": {"k": "v"}, "remove_tags": ["old"], "notes": ["n"],
            "edits": [{"path": "RoleArn", "before": "x", "after": "y"}], "expected_seconds": 5,
        },
    ],
    "declarations": [
        {
            "owner": "team", "logical_name": "a", "request": GOOD, "revision": "1",
            "exact_output": False,
        },
    ],
}  # fmt: skip


class Subject(NamedTuple):
    """One thing that is fuzzed."""

    run: Callable[[bytes], object]
    seeds: list[bytes]


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def models() -> Subject:
    """Model files in an archive."""
    names = [path for path in model_files() if path.stat().st_size < _SMALL]
    seeds = [path.name.encode() + b"\0" + path.read_bytes() for path in names]

    def run(data: bytes) -> None:
        name, _, body = data.partition(b"\0")
        member = _text(name).replace("/", "_")[:60] or "model"
        if not member.isprintable():
            member = "model.onnx"
        use(inspect_stream(io.BytesIO(pack({member: body})), ReadBudget(), "model.tar.gz"))

    return Subject(run, seeds)


def specs() -> Subject:
    """Specs in YAML."""
    seeds = [text.encode() for text in YAML_SEEDS]
    return Subject(lambda data: check(load_text(_text(data), "x.yaml")), seeds)


def requests() -> Subject:
    """Specs in JSON."""
    seeds = [text.encode() for text in JSON_SEEDS]
    return Subject(lambda data: check(load_text(_text(data), "x.json")), seeds)


def plans() -> Subject:
    """Saved plans."""
    path = Path(tempfile.mkdtemp()) / "plan.json"

    def run(data: bytes) -> None:
        path.write_bytes(data)
        with suppress(files.PlanFileError):
            files.read(str(path))

    text = files.text_of(files.of_json(_PLAN))
    return Subject(run, [text.encode(), text.replace("eu-central-1", "\\ud800").encode()])


def state() -> Subject:
    """What is kept in S3."""
    seeds = [body.encode() for body in (*GOLDEN["state"].values(), GOLDEN["document"])]

    def run(data: bytes) -> None:
        for read in (FleetGeneration.from_json, Manifest.from_json):
            with suppress(StateError):
                read(data)
        with suppress(DocumentError):
            document = FleetDocument.parse(data)
            resolved = document.resolved(dict.fromkeys(document.variables, "1"))
            for declaration in resolved.declarations(Owner("team"), (("team", "vision"),)):
                assert declaration.identity.owner.name == "team"
            resolved.text()

    return Subject(run, seeds)


def events() -> Subject:
    """Events of CloudFormation, handled from the beginning to two polls."""
    name = identity(OLD)
    seeds = [
        event("Create", OLD),
        event("Update", NEW, PhysicalResourceId=name, OldResourceProperties=OLD),
        event("Delete", OLD, PhysicalResourceId=name),
    ]

    def run(data: bytes) -> None:
        try:
            raw = json.loads(data)
        except (ValueError, RecursionError):
            return
        if not isinstance(raw, dict) or not _is_sent(raw):
            return
        world = World()
        with suppress(ResourceFailed):
            begun = world.begin(raw)
            for _ in range(2):
                answer = world.poll(begun)
                assert len(json.dumps(answer)) <= 4096
                world.clock.advance(60)

    return Subject(run, [json.dumps(each).encode() for each in seeds])


def _is_sent(raw: dict[str, Any]) -> bool:
    """Return whether CloudFormation could have sent an event; what it fills in is not hostile."""
    real = event("Create", OLD)
    try:
        Event.parse(raw)
    except (KeyError, ValueError):
        return False
    return all(raw.get(key) == real.get(key) for key in _NEVER_SENT if key != "RequestType")


SUBJECTS: Final = {
    "models": models, "specs": specs, "requests": requests, "plans": plans, "state": state,
    "events": events,
}  # fmt: skip
