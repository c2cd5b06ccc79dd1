"""Lambda and EventBridge around crhelper's own code: the function that a template names directly.

Lambda is as for the Provider: asynchronous invocations with two retries, sandboxes killed at any
call. crhelper polls by a rule for each request, which invokes the function every two minutes until
the function deletes it. Every call of its clients travels through the world's network.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes.boto_client import answered
from tests.fakes.sagemaker import ApiError, Wire
from tests.simulation.cloudformation.crhelper_sandbox import outside
from tests.simulation.cloudformation.custom_resource import ACCOUNT, REGION
from tests.simulation.cloudformation.documented import with_crhelper
from tests.simulation.cloudformation.provider_model import HandlerCrash
from tests.simulation.cloudformation.simulation import Event, Process
from tests.simulation.cloudformation.world import Json, World

FUNCTION: Final = "crhelper-function"
TIMEOUT: Final = 300.0
EVERY: Final = 120.0
PATIENCE: Final = 7200.0
"""A rule that polls for longer than this does so for ever: nothing waits for it."""


@dataclass(slots=True)
class Rule:
    """An EventBridge rule that crhelper made; it fires once it has a target."""

    name: str
    created: float
    target: Json | None = None
    deleted: bool = False


@dataclass(slots=True)
class Sandbox:
    """One invocation of the function; crhelper's outside, and the context that Lambda gives."""

    model: CrhelperModel
    began: float
    processes: list[Process] = field(default_factory=list)
    timers: list[Event] = field(default_factory=list)
    function_name: str = FUNCTION
    aws_request_id: str = "invocation"

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.began + TIMEOUT - self.model.world.simulation.now))

    def sleep(self, seconds: float) -> None:
        self.model.world.simulation.wait(seconds)

    def timer(self, seconds: float, action: Callable[[], object]) -> Callable[[], None]:
        planned = self.model.world.simulation.after(seconds, lambda: self.spawn(action))
        self.timers.append(planned)
        return planned.cancel

    def spawn(self, action: Callable[[], object]) -> None:
        """Run something in a thread of this sandbox."""

        def body() -> None:
            outside.set(self)
            action()

        self.processes.append(self.model.world.simulation.spawn(FUNCTION, body))

    def end(self) -> None:
        """Freeze the sandbox: nothing of it goes on."""
        for timer in self.timers:
            timer.cancel()
        for process in self.processes:
            self.model.world.simulation.kill(process)

    def put(self, path: str, body: str) -> str:
        world = self.model.world
        if world.chance.hit("put_fails"):
            self.sleep(0.2)
            kind = world.chance.random.choice(["reset", "403", "500"])
            if kind == "reset":
                raise ConnectionResetError("Connection reset by peer")
            return kind
        self.sleep(0.1)
        return str(world.custom.put(path, body))

    def client(self, service: str) -> object:
        return Clients(self.model)

    def choice(self, letters: str) -> str:
        return self.model.world.chance.random.choice(letters)


@dataclass(frozen=True, slots=True)
class Clients:
    """The parts of boto3's Lambda and EventBridge clients that crhelper uses."""

    model: CrhelperModel

    def put_rule(self, *, Name: str, ScheduleExpression: str, State: str) -> Wire:  # noqa: N803
        def put() -> Wire:
            self.model.rules[Name] = Rule(Name, self.model.world.simulation.now)
            return {"RuleArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{Name}"}

        return self._call("PutRule", put)

    def put_targets(self, *, Rule: str, Targets: list[Any]) -> Wire:  # noqa: N803
        def put() -> Wire:
            rule = self._rule(Rule)
            rule.target = json.loads(Targets[0]["Input"])
            self.model.world.simulation.after(EVERY, lambda: self.model.fire(rule))
            return {}

        return self._call("PutTargets", put)

    def remove_targets(self, *, Rule: str, Ids: list[str]) -> Wire:  # noqa: N803
        def remove() -> Wire:
            self._rule(Rule).target = None
            return {}

        return self._call("RemoveTargets", remove)

    def delete_rule(self, *, Name: str) -> Wire:  # noqa: N803
        def delete() -> Wire:
            rule = self.model.rules.get(Name)
            if rule is not None:
                rule.deleted = True
            return {}

        return self._call("DeleteRule", delete)

    def add_permission(self, *, StatementId: str, **more: str) -> Wire:  # noqa: N803
        def add() -> Wire:
            self.model.permissions.add(StatementId)
            return {}

        return self._call("AddPermission", add)

    def remove_permission(self, *, StatementId: str, **more: str) -> Wire:  # noqa: N803
        def remove() -> Wire:
            if StatementId not in self.model.permissions:
                raise ApiError("ResourceNotFoundException", "No policy is associated")
            self.model.permissions.discard(StatementId)
            return {}

        return self._call("RemovePermission", remove)

    def _rule(self, name: str) -> Rule:
        rule = self.model.rules.get(name)
        if rule is None or rule.deleted:
            raise ApiError("ResourceNotFoundException", f"Rule {name} does not exist")
        return rule

    def _call(self, operation: str, commit: Callable[[], Wire]) -> Wire:
        return answered(self.model.world.network.travel, operation, commit)


@dataclass(slots=True)
class CrhelperModel:
    """Delivers CloudFormation's requests to crhelper's function; a Framework."""

    world: World
    rules: dict[str, Rule] = field(default_factory=dict)
    permissions: set[str] = field(default_factory=set)
    under_way: int = 0
    """Deliveries and invocations that have not ended."""

    @property
    def busy(self) -> int:
        now = self.world.simulation.now
        return self.under_way + sum(
            rule.target is not None and not rule.deleted and now - rule.created < PATIENCE
            for rule in self.rules.values()
        )

    def deliver(self, event: Json, *, delay: float) -> None:
        """Invoke the function asynchronously."""
        self.under_way += 1
        self.world.simulation.after(delay, lambda: self._attempt(event, 0))

    def fire(self, rule: Rule) -> None:
        """Let a rule invoke the function, now and every two minutes."""
        if rule.target is None or rule.deleted:
            return
        self.deliver(rule.target, delay=0.0)
        self.world.simulation.after(EVERY, lambda: self.fire(rule))

    def _attempt(self, event: Json, retries: int) -> None:
        simulation, chance = self.world.simulation, self.world.chance
        if chance.hit("handler_throttled"):  # Lambda keeps the event and tries again
            simulation.after(30.0, lambda: self._attempt(event, retries))
            return
        sandbox = Sandbox(self, simulation.now)

        def ended(ok: bool) -> None:
            limit.cancel()
            sandbox.end()
            if ok or retries == 2:
                self.under_way -= 1
                return
            chance.visit("lambda async retry")
            simulation.after(60.0 * (retries + 1), lambda: self._attempt(event, retries + 1))

        limit = simulation.after(TIMEOUT, lambda: ended(False))
        sandbox.spawn(lambda: self._run(sandbox, event, ended))

    def _run(self, sandbox: Sandbox, event: Json, ended: Callable[[bool], None]) -> None:
        """Run the function; only what crhelper does not catch is an error of the invocation."""
        ok = False
        try:
            with_crhelper(self.world.ports().client, json.loads(json.dumps(event)), sandbox)
            ok = True
        except (Exception, HandlerCrash) as error:
            self.world.chance.visit(f"the function failed: {type(error).__name__}")
        finished = ok
        self.world.simulation.after(0, lambda: ended(finished))
