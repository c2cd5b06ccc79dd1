"""Handlers with one mistake each, of the kinds that are on record elsewhere.

A suite that does not notice them proves nothing. Each mutant is the real handler with something
bent at its edge: what it sees, what it says, or what it does.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from reconciler.core.identity import JobName
from reconciler.core.metric_names import UNVERIFIED
from reconciler.handler.cfn.answer import ResourceFailed
from tests.fakes.gateway import FakeArtifacts, FakeGateway
from tests.simulation.cloudformation.bent_ports import (
    ArtifactsNotLookedFor,
    DeletesInsteadOfStopping,
    EverythingIsCompiled,
    EverythingIsFinal,
    EverythingIsOurs,
    FailedIsSuccess,
    HoldsNothing,
    ListsNothing,
    NoFence,
    RunningIsSuccess,
    SeesNoArtifacts,
    StoppedIsSuccess,
    StopsNothing,
    Untagged,
)
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.world import Handler, Json, Ports

Bend = Callable[[Ports], Ports]


def _with(bend: Bend) -> Handler:
    def handler(ports: Ports, name: str, event: Json) -> Json:
        return our_handler(bend(ports), name, event)

    return handler


# --- what it sees -----------------------------------------------------------------------------


def _frozen_clock(ports: Ports, name: str, event: Json) -> Json:
    """Never notices its deadline."""
    began = event.get("Operation", {}).get("Began")
    if name == "on_event" or began is None:
        return our_handler(ports, name, event)

    @dataclasses.dataclass(frozen=True, slots=True)
    class Stopped:
        def now(self) -> datetime:
            return datetime.fromisoformat(began)

    return our_handler(dataclasses.replace(ports, clock=Stopped()), name, event)


def _acts_in_on_event(ports: Ports, name: str, event: Json) -> Json:
    """Start the job at once, before the framework knows of an id."""
    answer = our_handler(ports, name, event)
    if name == "on_event" and event["RequestType"] != "Delete":
        our_handler(ports, "is_complete", {**event, **answer})
    return answer


def _request_id_in_the_name(ports: Ports, name: str, event: Json) -> Json:
    """Every request is another identity."""
    changed = copy.deepcopy(event)
    declaration = json.loads(changed["ResourceProperties"]["Declaration"])
    declaration["revision"] = event["RequestId"]
    changed["ResourceProperties"]["Declaration"] = json.dumps(declaration)
    return our_handler(ports, name, changed)


def _retries_for_ever(ports: Ports, name: str, event: Json) -> Json:
    changed = copy.deepcopy(event)
    declaration = json.loads(changed["ResourceProperties"]["Declaration"])
    declaration["policy"] = {"retries": 10}
    changed["ResourceProperties"]["Declaration"] = json.dumps(declaration)
    return our_handler(ports, name, changed)


# --- what it says -----------------------------------------------------------------------------


def _new_id_at_once(ports: Ports, name: str, event: Json) -> Json:
    """Answers an Update with the new id before there is a job."""
    answer = our_handler(ports, name, event)
    if name == "on_event" and event["RequestType"] == "Update":
        answer |= {"PhysicalResourceId": _id_of_create(ports, event)}
    return answer


def _id_of_create(ports: Ports, event: Json) -> str:
    created = our_handler(ports, "on_event", {**event, "RequestType": "Create"})
    return str(created["PhysicalResourceId"])


def _never_a_new_id(ports: Ports, name: str, event: Json) -> Json:
    """Answers an Update with the old id for good."""
    answer = our_handler(ports, name, event)
    if name == "is_complete" and event["RequestType"] == "Update":
        answer.pop("PhysicalResourceId", None)
    return answer


def _ignores_invented_ids(ports: Ports, name: str, event: Json) -> Json:
    known = JobName.parse(event.get("PhysicalResourceId", "")) is not None
    if name == "is_complete" and event["RequestType"] == "Delete" and not known:
        return {"IsComplete": True}
    return our_handler(ports, name, event)


def _deletes_by_id_alone(ports: Ports, name: str, event: Json) -> Json:
    """Stop the job whose name the id is, and nothing else."""
    if name == "is_complete" and event["RequestType"] == "Delete":
        ports.gateway.stop(event["PhysicalResourceId"])
        return {"IsComplete": True}
    return our_handler(ports, name, event)


def _deletes_without_waiting(ports: Ports, name: str, event: Json) -> Json:
    """Look once, and be done."""
    answer = our_handler(ports, name, event)
    if name == "is_complete" and event["RequestType"] == "Delete":
        return {"IsComplete": True}
    return answer


def _whole_reasons(ports: Ports, name: str, event: Json) -> Json:
    """Tell all there is to tell."""
    try:
        return our_handler(ports, name, event)
    except Exception as error:
        raise RuntimeError(f"{error}" + " at line 1" * 500) from error


def _much_data(ports: Ports, name: str, event: Json) -> Json:
    answer = our_handler(ports, name, event)
    if "Data" in answer:
        answer["Data"]["CompilationJobArn"] += "x" * 5000
    return answer


def _succeeds_with_what_cannot_be_read(ports: Ports, name: str, event: Json) -> Json:
    """Warn, where it was to fail."""
    changed = copy.deepcopy(event)
    if "Verify" in changed["ResourceProperties"]:
        changed["ResourceProperties"]["Verify"] = "warn"
    return our_handler(ports, name, changed)


def _compiles_again(ports: Ports, name: str, event: Json) -> Json:
    """Start another attempt when an artifact is not what was ordered."""
    try:
        return our_handler(ports, name, event)
    except ResourceFailed as failed:
        if failed.kind == UNVERIFIED:
            ports.service.jobs[-1].artifact_removed = True
            return {"IsComplete": False}
        raise


def _few_attributes(ports: Ports, name: str, event: Json) -> Json:
    """Leave out the attributes that are empty."""
    answer = our_handler(ports, name, event)
    if "Data" in answer:
        answer["Data"] = {key: value for key, value in answer["Data"].items() if value}
    return answer


def _errors_when_superseded_deletes(ports: Ports, name: str, event: Json) -> Json:
    """Fail a Delete that finds nothing, since nothing was found."""
    if name == "is_complete" and event["RequestType"] == "Delete":
        parsed = JobName.parse(event["PhysicalResourceId"])
        if parsed is None or ports.gateway.describe(str(parsed)) is None:
            raise RuntimeError("no such job")
    return our_handler(ports, name, event)


def _gateway(kind: type[FakeGateway]) -> Handler:
    return _with(
        lambda ports: dataclasses.replace(ports, gateway=kind(ports.service, ports.travel))
    )


def _artifacts(kind: type[FakeArtifacts]) -> Handler:
    return _with(
        lambda ports: dataclasses.replace(ports, artifacts=kind(ports.service, ports.travel))
    )


def _blindly(kind: type[FakeGateway]) -> Handler:
    """A status misread, by a handler that does not look for the artifact either."""
    return _with(
        lambda ports: dataclasses.replace(
            ports,
            gateway=kind(ports.service, ports.travel),
            artifacts=ArtifactsNotLookedFor(ports.service, ports.travel),
        )
    )


MUTANTS: Final[dict[str, Handler]] = {
    "no fence": _with(
        lambda ports: dataclasses.replace(ports, stacks=NoFence(travel=ports.travel))
    ),
    "knows not what the stack holds": _with(
        lambda ports: dataclasses.replace(
            ports,
            stacks=HoldsNothing(ports.stacks.stack, ports.stacks.resources),
        )
    ),
    "STOPPED is success": _blindly(StoppedIsSuccess),
    "FAILED is success": _blindly(FailedIsSuccess),
    "INPROGRESS is success": _blindly(RunningIsSuccess),
    "believes names, not tags": _gateway(EverythingIsOurs),
    "artifacts not looked for": _artifacts(ArtifactsNotLookedFor),
    "sees no artifacts": _artifacts(SeesNoArtifacts),
    "takes every artifact for compiled": _with(
        lambda ports: dataclasses.replace(ports, verifier=EverythingIsCompiled())
    ),
    "succeeds with what cannot be read": _succeeds_with_what_cannot_be_read,
    "compiles again what is not verified": _compiles_again,
    "everything is final": _gateway(EverythingIsFinal),
    "never looks at its prefix": _gateway(ListsNothing),
    "stops nothing": _gateway(StopsNothing),
    "tags nothing": _gateway(Untagged),
    "deletes the old job at once": _gateway(DeletesInsteadOfStopping),
    "has no deadline": _frozen_clock,
    "acts in on_event": _acts_in_on_event,
    "request id in the name": _request_id_in_the_name,
    "retries for ever": _retries_for_ever,
    "new id at once": _new_id_at_once,
    "never a new id": _never_a_new_id,
    "ignores invented ids": _ignores_invented_ids,
    "deletes by id alone": _deletes_by_id_alone,
    "deletes without waiting": _deletes_without_waiting,
    "whole reasons": _whole_reasons,
    "much data": _much_data,
    "few attributes": _few_attributes,
    "fails deletes of nothing": _errors_when_superseded_deletes,
}
