"""Decide: declarations and observed jobs in, a plan out. Pure, total, independent of order.

The rules, all of them about one identity at a time (docs/decisions/0004):

* COMPLETED with its artifact there is the only success, and is kept.
* A live job is awaited, or adopted if another operation started it.
* A record that FAILED or STOPPED holds its name. If it is history (another operation made it
  before this one began, or with other settings) the next attempt is made. If it counts against
  this operation, it is tried again only as the policy says.
* A job that is not ours and has our name is a conflict.

Live jobs of ours that nobody declares are stopped; a newer generation waits for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reconciler.core.attempts import Operation, after_attempts, attempt_number
from reconciler.core.declaration import Declaration
from reconciler.core.diff import tag_changes
from reconciler.core.identity import Identity
from reconciler.core.observed import ObservedJob, Phase
from reconciler.core.output import output_object
from reconciler.core.ownership import (
    SETTINGS,
    TAG_PREFIX,
    Ownership,
    belongs_to,
    ownership,
)
from reconciler.core.plan import (
    Action,
    Adopt,
    Await,
    Conflict,
    Create,
    Delete,
    Keep,
    Plan,
    Retag,
    Stop,
)
from reconciler.core.policy import Policy


class PlanError(ValueError):
    """The declarations contradict each other: one logical name twice, or one output object."""


def plan(
    declarations: Sequence[Declaration],
    jobs: Iterable[ObservedJob],
    operation: Operation,
    policy: Policy,
    protected: frozenset[Identity] = frozenset(),
    dropped_tags: frozenset[str] = frozenset(),
) -> Plan:
    """What to do so that the account agrees with the declarations.

    Args:
        declarations: All that should exist; their order means nothing.
        jobs: All that was observed; jobs whose tags were not read are taken as not ours where
            that matters, so whoever gathers reads the tags of every job that it may touch.
        operation: The run that the plan is made for.
        policy: What the team wants beyond that.
        protected: Identities that no declaration names and that are somebody else's to end (the
            old job of a CloudFormation update, until the cleanup).
        dropped_tags: Keys of tags that were declared before and are no longer.

    Raises PlanError if the declarations contradict each other.
    """
    _refuse_contradictions(declarations)
    wanted = {declaration.identity: declaration for declaration in declarations}
    chains, unwanted = _sorted_out(jobs, wanted.keys(), protected)

    def actions() -> Iterator[Action]:
        for job in unwanted:
            yield from _remove(job, policy)
        for identity, declaration in wanted.items():
            for action in _converge(declaration, chains[identity], unwanted, operation, policy):
                yield action
                if isinstance(action, Keep | Await | Adopt) and action.job in chains[identity]:
                    yield from _retag(declaration, action.job, dropped_tags)

    return Plan.of(actions())


def _sorted_out(
    jobs: Iterable[ObservedJob], wanted: Iterable[Identity], protected: frozenset[Identity]
) -> tuple[dict[Identity, list[ObservedJob]], list[ObservedJob]]:
    """The attempts of each wanted identity, in order, and the jobs of ours that nobody wants."""
    chains: dict[Identity, list[ObservedJob]] = {identity: [] for identity in wanted}
    unwanted: list[ObservedJob] = []
    for job in sorted(jobs, key=_attempt_then_name):
        name = job.job_name
        if name is None:
            continue
        if name.identity in chains:
            chains[name.identity].append(job)
        elif name.identity not in protected and ownership(job) is Ownership.OURS:
            unwanted.append(job)
    return chains, unwanted


def _refuse_contradictions(declarations: Sequence[Declaration]) -> None:
    names = Counter((each.owner, each.logical_name) for each in declarations)
    twice = sorted(name for (_, name), count in names.items() if count > 1)
    if twice:
        raise PlanError(f"declared more than once: {', '.join(twice)}")
    outputs = Counter(output_object(each) for each in declarations)
    for declaration in declarations:
        target = output_object(declaration)
        if target is not None and outputs[target] > 1:
            others = [each.logical_name for each in declarations if output_object(each) == target]
            raise PlanError(
                f"{' and '.join(sorted(others))} would overwrite each other's artifact {target}; "
                "give them different output locations"
            )


def _remove(job: ObservedJob, policy: Policy) -> Iterator[Action]:
    match job.phase:
        case Phase.LIVE:
            yield Stop(job, "no declaration names it")
        case Phase.COMPLETED | Phase.ENDED if policy.prune:
            yield Delete(job, "no declaration names it, and it has ended")
        case _:
            pass


def _retag(declaration: Declaration, job: ObservedJob, dropped: frozenset[str]) -> Iterator[Action]:
    if job.tags is None:
        return
    declared = {
        key: value for key, value in declaration.request.tags if not key.startswith(TAG_PREFIX)
    }
    to_set, to_remove = tag_changes(declared, job.tags, dropped)
    if to_set or to_remove:
        yield Retag(job, tuple(sorted(to_set.items())), to_remove, "its declared tags changed")


def _converge(
    declaration: Declaration,
    attempts: Sequence[ObservedJob],
    unwanted: Sequence[ObservedJob],
    operation: Operation,
    policy: Policy,
) -> Iterator[Action]:
    foreign = [job for job in attempts if ownership(job) is Ownership.FOREIGN]
    if foreign:
        yield Conflict(declaration, foreign[0], "a job that is not ours has this name")
        return
    done = [job for job in attempts if _is_success(job)]
    if done:
        yield Keep(declaration, done[-1], "compiled", _notes(declaration, done[-1]))
        for job in attempts:
            if job.phase is Phase.LIVE and ownership(job) is Ownership.OURS:
                yield Stop(job, f"{done[-1].name} is compiled")
        return
    if not attempts:
        older = _older_generation(declaration, unwanted)
        if older is not None:
            yield Await(declaration, older, f"{older.name} is of an older generation, still live")
        else:
            yield Create(declaration, declaration.identity.attempt(0), "declared, does not exist")
        return
    yield after_attempts(declaration, attempts, operation, policy)


def _is_success(job: ObservedJob) -> bool:
    return job.phase is Phase.COMPLETED and job.artifact_present is not False


def _older_generation(
    declaration: Declaration, unwanted: Sequence[ObservedJob]
) -> ObservedJob | None:
    for job in unwanted:
        if job.phase in {Phase.LIVE, Phase.STOPPING} and belongs_to(job, declaration.logical_name):
            return job
    return None


def _notes(declaration: Declaration, job: ObservedJob) -> tuple[str, ...]:
    if job.tags is None or job.tags.get(SETTINGS) in {None, declaration.settings_digest}:
        return ()
    return ("its role, network or stopping condition changed: the next compile will use them",)


def _attempt_then_name(job: ObservedJob) -> tuple[int, str]:
    return attempt_number(job), job.name
