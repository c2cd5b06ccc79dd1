"""What it costs to start: the Lambda before its first event, neoctl before its first word."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import zipfile

from benchmarks.measure import Case, Variant, process
from reconciler import bundle
from reconciler.core.contract import JOB_FUNCTION

NAIVE = """
import boto3, pydantic
class Job(pydantic.BaseModel):
    name: str
boto3.client("sagemaker"); boto3.client("s3"); boto3.client("cloudformation")
"""
EAGER = "import boto3, pydantic, yaml, click"


def unpacked_asset() -> str:
    """Return the Lambda's asset as Lambda lays it out."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    with zipfile.ZipFile(bundle.lambda_asset()) as packed:
        packed.extractall(folder.name)
    return folder.name


def environment(**more: str) -> dict[str, str]:
    """Return an environment as bare as Lambda's."""
    own = {"PATH": os.defpath, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a"}
    return own | {"AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"} | more


def python(code: str, env: dict[str, str]) -> Variant:
    """Return a variant that runs Python code in a process of its own; named by the caller."""
    return Variant("", process([sys.executable, "-P", "-c", code], env))


def named(name: str, variant: Variant) -> Variant:
    """Return the same variant under a name."""
    return Variant(name, variant.measure)


CASES = [
    Case(
        "lambda-start",
        "What is Lambda's initialisation against boto3 and pydantic as they come?",
        "ms",
        (
            named("naive: boto3 clients and a pydantic model", python(NAIVE, environment())),
            named(
                "ours: import of the asset's entry point",
                python(
                    "import reconciler.handler.lambda_function",
                    environment(PYTHONPATH=unpacked_asset()),
                ),
            ),
            named(
                "ours, compiled anew as in Lambda's read-only folder",
                python(
                    "import reconciler.handler.lambda_function",
                    environment(PYTHONPATH=unpacked_asset(), PYTHONDONTWRITEBYTECODE="1"),
                ),
            ),
            named("Python alone", python("pass", environment())),
        ),
        {
            "ours: import of the asset's entry point": 0.55,
            "ours, compiled anew as in Lambda's read-only folder": 0.65,
        },
    ),
    Case(
        "neoctl-start",
        "What does `neoctl --help` cost against importing what its verbs need?",
        "ms",
        (
            named("eager: click, yaml, pydantic, boto3", python(EAGER, environment())),
            named(
                "neoctl --help",
                Variant(
                    "",
                    process(
                        [
                            sys.executable,
                            "-c",
                            "from reconciler.cli.main import main; main()",
                            "--help",
                        ],
                        environment(),
                    ),
                ),
            ),
            named("Python alone", python("pass", environment())),
        ),
        {"neoctl --help": 0.6},
    ),
    Case(
        "lambda-size",
        "How large is the Lambda's asset against its limit?",
        "KiB",
        (
            Variant("limit", lambda: bundle.MAX_BYTES[JOB_FUNCTION] / 1024),
            Variant("asset", lambda: bundle.lambda_asset().stat().st_size / 1024),
        ),
        {"asset": 1.0},
        rounds=1,
    ),
]
