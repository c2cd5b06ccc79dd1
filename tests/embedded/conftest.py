"""The embedded AWS, shared by the tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.privilege.allowed import forbidden_calls
from tests.contract.privilege.real_calls import read_calls, record_all, recorder_options
from tests.embedded.aws import Cdk, EmbeddedAws, of_its_own


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
