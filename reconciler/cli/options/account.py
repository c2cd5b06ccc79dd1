"""The options of verbs that speak to AWS, and the exit code of what goes wrong there."""

from __future__ import annotations

from typing import Any, Final

import click

from reconciler.aws.access import Access
from reconciler.cli.options.group import Option, option_group
from reconciler.cli.options.outside import ConnectedAccount, Outside
from reconciler.cli.options.specs import CouldNotRun, could_not_run
from reconciler.core.contradictions import PlanError
from reconciler.core.fleet.document import DocumentError
from reconciler.core.fleet.generation import StateError
from reconciler.core.ports import Invalid, PortError


class FileError(ValueError):
    """A file that a verb was given cannot be used; the message says which, and why."""


class AccountCommand(click.Command):
    """A command that reads an account: what goes wrong is an error, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        """As click's, with errors as messages."""
        try:
            return super().invoke(ctx)
        except CouldNotRun:
            raise click.exceptions.Exit(1) from None
        except PortError as error:
            raise click.ClickException(explained(error)) from error
        except (PlanError, FileError, StateError, DocumentError) as error:
            raise click.ClickException(str(error)) from error


account_options: Final[Option] = option_group(
    Access, "access",
    click.option("--profile", metavar="NAME", help="AWS profile."),
    click.option("--region", metavar="REGION", help="AWS region; by default the specs' own."),
    click.option("--endpoint-url", metavar="URL", help="SageMaker's endpoint, if not AWS's own."),
    click.option(
        "--assume-role", metavar="ARN",
        help="Assume this role first, to work in the account that it belongs to.",
    ),
    click.option(
        "--account", metavar="ID", help="Do nothing unless the credentials are of this account.",
    ),
)  # fmt: skip
"""Adds the options of Access to a command, which gets them as ``access``."""


REMEDIES: Final = {
    "NoCredentialsError": "Sign in (aws sso login, aws configure), or give --profile.",
    "PartialCredentialsError": "Choose others with --profile or AWS_PROFILE.",
    "ProfileNotFound": "`aws configure list-profiles` lists them.",
    "NoRegionError": "Give --region, set AWS_REGION, or write region: into the spec.",
    "InvalidRegionError": "Give --region as in us-east-1.",
    "EndpointConnectionError": "Check the network, the region's name and --endpoint-url.",
    "ConnectTimeoutError": "Check the network, the region's name and --endpoint-url.",
    "SSOTokenLoadError": "Run `aws sso login`.",
    "UnauthorizedSSOTokenError": "Run `aws sso login`.",
    "TokenRetrievalError": "Run `aws sso login`.",
    "ExpiredToken": "Renew the credentials, with `aws sso login` or by assuming the role again.",
    "ExpiredTokenException": "Renew the credentials, with `aws sso login` or by assuming the role "
    "again.",
}  # fmt: skip
"""What to do about errors of a connection, by their codes."""


def explained(error: Exception) -> str:
    """Return an error with what to do about it, if that is known."""
    remedy = REMEDIES.get(error.code, "") if isinstance(error, PortError) else ""
    return f"{str(error).rstrip('.')}. {remedy}" if remedy else str(error)


def connected(outside: Outside, access: Access) -> ConnectedAccount:
    """Return the account that the options lead to.

    Raises PortError if nothing answers, or if it is another account than it must be.
    """
    if access.endpoint_url and "://" not in access.endpoint_url:
        could_not_run(f"--endpoint-url {access.endpoint_url}: write http:// or https:// first")
    account = outside.connect(access)
    if access.account not in {None, account.id}:
        raise Invalid(
            "WrongAccount", f"the credentials are of account {account.id}, it must be "
            f"{access.account}. Choose others with --profile or --assume-role.",
        )  # fmt: skip
    return account
