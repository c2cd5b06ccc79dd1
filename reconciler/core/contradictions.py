"""Declarations that contradict each other: one name, output object or existing job twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.core.declaration import Declaration
from reconciler.core.identity import JobName
from reconciler.core.output import output_object


class PlanError(ValueError):
    """The declarations contradict each other."""


def refuse_contradictions(declarations: Sequence[Declaration]) -> None:
    """Raise PlanError if a name, an output object or an existing job is declared twice."""
    names = Counter((each.owner, each.logical_name) for each in declarations)
    if twice := sorted(name for (_, name), count in names.items() if count > 1):
        raise PlanError(f"declared more than once: {', '.join(twice)}")
    _refuse_shared_jobs(declarations)
    outputs = Counter(output_object(each) for each in declarations)
    for declaration in declarations:
        target = output_object(declaration)
        is_written = declaration.existing_job is None
        if target is not None and outputs[target] > 1 and is_written:
            others = [each.logical_name for each in declarations if output_object(each) == target]
            raise PlanError(
                f"{' and '.join(sorted(others))} would overwrite each other's artifact {target}; "
                "give them different output locations"
            )


def _refuse_shared_jobs(declarations: Sequence[Declaration]) -> None:
    """Raise PlanError if an existing job is named twice, or is one that is declared itself."""
    named = Counter(each.existing_job for each in declarations if each.existing_job is not None)
    if not named:
        return
    if twice := sorted(name for name, count in named.items() if count > 1):
        raise PlanError(f"existing jobs named more than once: {', '.join(twice)}")
    own = {each.identity: each.logical_name for each in declarations if each.existing_job is None}
    for name in sorted(named):
        parsed = JobName.parse(name)
        if parsed is not None and parsed.identity in own:
            raise PlanError(f"the existing job {name} is the job of {own[parsed.identity]}")
