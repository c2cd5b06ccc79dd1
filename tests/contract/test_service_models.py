"""The trimmed service models: what botocore has, and only what is called."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.loaders import Loader

from reconciler.aws.clients import API_VERSIONS, factory, lambda_session, new_session
from tests.paths import ROOT


def test_the_generated_files_are_what_the_installed_botocore_gives() -> None:
    script = ROOT / "scripts" / "generate_service_model.py"
    run = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.mark.usefixtures("credentials")
def test_clients_load_the_trimmed_models() -> None:
    client = factory(max_attempts=1)
    for service, operations in (("s3", 5), ("sagemaker", 8), ("cloudformation", 2)):
        assert len(client(service).meta.service_model.operation_names) == operations


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("region", "suffix"),
    [("us-east-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn"), ("us-gov-west-1", "com")],
)
def test_endpoints_of_every_partition_resolve(
    region: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    client = factory(max_attempts=1)
    for service in ("sagemaker", "s3", "cloudformation"):
        assert client(service).meta.endpoint_url.endswith(suffix)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("service", sorted(API_VERSIONS))
def test_a_lambda_calls_the_endpoint_of_every_region_that_botocore_knows(service: str) -> None:
    whole, own = new_session(), lambda_session()
    partitions = whole.get_available_partitions()
    known = [region for each in partitions for region in whole.get_available_regions(service, each)]
    regions = [*known, "eu-nowhere-7", "us-iso-nowhere-1"]
    urls = [
        [session.create_client(service, region).meta.endpoint_url for region in regions]
        for session in (own, whole)
    ]
    assert urls[0] == urls[1]


@pytest.mark.parametrize("service", sorted(API_VERSIONS))
def test_every_kept_shape_is_the_installed_ones(service: str) -> None:
    kept = Loader(extra_search_paths=[str(ROOT / "reconciler/aws/models")]).load_service_model(
        service, "service-2", API_VERSIONS[service]
    )
    installed = Loader().load_service_model(service, "service-2", API_VERSIONS[service])
    for name, shape in kept["shapes"].items():
        whole = installed["shapes"][name]
        assert shape["type"] == whole["type"]
        assert shape.get("required") == whole.get("required")
        assert {*shape.get("required", ())} <= shape.get("members", {}).keys()
        for member, reference in shape.get("members", {}).items():
            assert reference["shape"] == whole["members"][member]["shape"]
