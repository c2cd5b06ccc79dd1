"""What arguments are if they are left out, for those that cannot be None."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from reconciler.core.contract import DEFAULT_RETRIES, OnFailure, Verify

OUTPUT_PREFIX: Final = "compiled"
STATE_PREFIX: Final = "neo-fleets"
DEFAULTS: Final[Mapping[str, object]] = {
    "exact_output": False,
    "log_retention": logs.RetentionDays.THREE_MONTHS,
    "on_failure": OnFailure.FAIL,
    "output_prefix": OUTPUT_PREFIX,
    "prune": False,
    "removal_policy": cdk.RemovalPolicy.DESTROY,
    "retries": DEFAULT_RETRIES,
    "state_prefix": STATE_PREFIX,
    "tracing": False,
    "validate": True,
    "verify": Verify.OFF,
    "wait": True,
}
"""Signatures show them; a test gives them, and gets the template that has none of them."""
