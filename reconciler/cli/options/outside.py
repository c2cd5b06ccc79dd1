"""What verbs reach beyond files: AWS, the time, and ids that are unique. Tests give them fakes.

A verb that needs more of an account than its jobs and objects adds it to ``ConnectedAccount``, to
``reconciler.aws.account.Account`` and to ``FakeAccount`` of the tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol
from uuid import uuid4

import click

from reconciler.aws.access import Access
from reconciler.aws.clock import SystemClock
from reconciler.core.account_facts import AccountFacts
from reconciler.core.deployed_stack import DeployedStacks
from reconciler.core.event_history import EventHistory
from reconciler.core.job_logs import JobLogs
from reconciler.core.object_body import ObjectBody
from reconciler.core.objects import Buckets
from reconciler.core.ports import Artifacts, Clock, Gateway


class AccountView(Protocol):
    """An account and region, as far as a plan needs it."""

    @property
    def id(self) -> str:
        """The account's id."""
        ...

    @property
    def region(self) -> str:
        """The region."""
        ...

    @property
    def gateway(self) -> Gateway:
        """Its compilation jobs."""
        ...

    @property
    def artifacts(self) -> Artifacts:
        """Its objects: models, and what was compiled of them."""
        ...


class ConnectedAccount(AccountView, Protocol):
    """An account that is really there, and not a snapshot of one."""

    @property
    def buckets(self) -> Buckets:
        """Small objects that several actors share."""
        ...

    @property
    def job_logs(self) -> JobLogs:
        """The logs of its compilation jobs."""
        ...

    @property
    def history(self) -> EventHistory:
        """Who called what in it: CloudTrail's event history."""
        ...

    @property
    def facts(self) -> AccountFacts:
        """What jobs need of it: roles, buckets, keys, network, quotas."""
        ...

    def open_artifact(self, s3_uri: str) -> ObjectBody:
        """Return the bytes of an object. Raises OSError."""
        ...

    @property
    def stacks(self) -> DeployedStacks:
        """CloudFormation's stacks, with their templates."""
        ...


class Outside(NamedTuple):
    """What a verb reaches beyond the files.

    Attributes:
        connect: Connect to an account. Raises PortError.
        new_id: Make the id of an apply.
    """

    connect: Callable[[Access], ConnectedAccount]
    clock: Clock
    pause: Callable[[float], None]
    new_id: Callable[[], str]


def outside_of(ctx: click.Context) -> Outside:
    """Return what the context was given, or AWS."""
    if isinstance(ctx.obj, Outside):
        return ctx.obj
    from reconciler.aws.account import connect

    return Outside(connect, SystemClock(), time.sleep, lambda: f"apply-{uuid4().hex[:16]}")
