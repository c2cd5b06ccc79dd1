"""Checks of an account: who calls, whether the service answers, the clock, quotas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.cli.diagnosis.check import Check, checked, failed, passed, warned
from reconciler.cli.options.outside import AccountView
from reconciler.core.account_facts import AccountFacts, Caller

_NO_JOB: Final = "neoctl-doctor-looks-for-no-job"
_SKEW_WARNING: Final = 60
_SKEW_ERROR: Final = 240
"""Seconds; AWS refuses a signature that is five minutes old, or from the future."""


def account_checks(
    account: AccountView, facts: AccountFacts, caller: Caller, now: datetime
) -> Iterator[Check]:
    """Yield the checks that need no specs."""
    yield passed("credentials", account.id, f"caller is {caller.arn}")
    yield from checked(
        "service", account.region, "sagemaker:ListCompilationJobs", lambda: _service(account)
    )
    yield _clock(caller, now)
    yield from checked(
        "quotas", "sagemaker", "servicequotas:ListServiceQuotas", lambda: _quotas(facts)
    )


def lifecycle_checks(facts: AccountFacts) -> Iterator[Check]:
    """Yield what AWS has announced of the service's lifecycle."""
    yield from checked(
        "lifecycle", "Amazon SageMaker Neo", "health:DescribeServiceLifecycle",
        lambda: _lifecycle(facts),
    )  # fmt: skip


def _lifecycle(facts: AccountFacts) -> Iterator[Check]:
    events = facts.lifecycle_events()
    for event in events:
        date = f" on {event.date:%Y-%m-%d}" if event.date else ""
        yield warned("lifecycle", event.title, f"{event.kind}{date}", "Plan what comes after it.")
    if not events:
        yield passed("lifecycle", "Amazon SageMaker Neo", "AWS Health announces no event of it")


def _service(account: AccountView) -> Iterator[Check]:
    for _ in account.gateway.list(_NO_JOB):
        break
    yield passed("service", account.region, "SageMaker answers, and jobs may be listed")


def _clock(caller: Caller, now: datetime) -> Check:
    about = "this machine"
    if caller.service_time is None:
        return warned("clock", about, "the service gave no time", "Compare the clock yourself.")
    skew = abs((caller.service_time - now).total_seconds())
    finding = f"{skew:.0f} s from the service's time"
    remedy = "Set the clock (NTP): AWS refuses requests that are five minutes off."
    if skew >= _SKEW_ERROR:
        return failed("clock", about, finding, remedy)
    if skew >= _SKEW_WARNING:
        return warned("clock", about, finding, remedy)
    return passed("clock", about, finding)


def _quotas(facts: AccountFacts) -> Iterator[Check]:
    found = facts.quotas()
    for quota in found:
        about = quota.name
        if quota.value > 0:
            yield passed("quotas", about, f"{quota.value:g}")
        else:
            yield failed("quotas", about, "0: no job can run", "Ask for more in Service Quotas.")
    if not found:
        yield passed("quotas", "sagemaker", "Service Quotas lists none about compilation jobs")
