"""Declared jobs as a CDK app in Python, with a stack for each account and region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.cli.exports.cdk_stack import ExportedStack, StackCode

STACK: Final = "NeoJobs"
_IMPORTS: Final = {
    "ec2.": "from aws_cdk import aws_ec2 as ec2",
    "iam.": "from aws_cdk import aws_iam as iam",
    "kms.": "from aws_cdk import aws_kms as kms",
    "s3.": "from aws_cdk import aws_s3 as s3",
}
_HEAD: Final = '''\
"""Compilation jobs as CDK constructs, written by neoctl export --to cdk.

    cdk deploy --app "python3 app.py"

A stack becomes the owner of its jobs, so they have other names than neoctl gave them, and are
compiled when the stack is deployed.
"""
'''


def cdk_app(stacks: Sequence[ExportedStack]) -> str:
    """Return the Python code of an app with a stack for each place. Raises VpcNeeded."""
    names = stack_names(stacks)
    parts = [StackCode(name, jobs).text() for name, jobs in zip(names, stacks, strict=True)]
    body = "\n".join(["app = cdk.App()", *parts, "", "app.synth()", ""])
    imports = [line for mark, line in _IMPORTS.items() if mark in body]
    names = [
        each
        for each in ("CompilationJob", "Framework", "ModelArtifact", "Target")
        if f"{each}(" in body or f"{each}." in body
    ]
    ours = f"from neo_constructs import {', '.join(names)}"
    return "\n".join([_HEAD, "import aws_cdk as cdk", *imports, "", ours, "", body])


def stack_names(stacks: Sequence[ExportedStack]) -> list[str]:
    """Return the name of each stack; several are told apart by account and region."""
    if len(stacks) == 1:
        return [STACK]
    return ["-".join(filter(None, (STACK, each.account, each.region))) for each in stacks]
