"""Models, endpoint configurations, endpoints: kept only if what they name is there; none serves."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from neo_local.endpoint.services import Surroundings
from tests.embedded.aws import signed
from tests.fakes.endpoint import KEY_ID, ROLE, SECRET, Service, arn_of, running_service

THERE = "s3://artifacts/net.tar.gz"
CONTAINER = {"Image": "repo/image:1", "ModelDataUrl": THERE}
VARIANT = {
    "VariantName": "all",
    "ModelName": "Net",
    "InstanceType": "ml.c5.large",
    "InitialInstanceCount": 2,
    "InitialVariantWeight": 0.5,
}


@pytest.fixture
def hosting(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, around=Surroundings(lambda uri: uri == THERE)) as running:
        yield running


@pytest.fixture
def client(hosting: Service) -> Any:
    return hosting.client()


def create_model(client: Any, name: str = "Net", **container: object) -> str:
    made = client.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container or CONTAINER
    )
    return str(made["ModelArn"])


def create_config(client: Any, name: str = "Config", **changes: object) -> str:
    made = client.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[{**VARIANT, **changes}]
    )
    return str(made["EndpointConfigArn"])


def refusal(call: Any, **arguments: object) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


def test_a_model_is_described_as_it_was_created_until_it_is_deleted(client: Any) -> None:
    assert create_model(client) == arn_of("net", "model")
    found = client.describe_model(ModelName="Net")
    assert found["PrimaryContainer"] == CONTAINER
    assert found["ModelArn"] == arn_of("net", "model")
    client.delete_model(ModelName="Net")
    assert "Could not find model" in refusal(client.describe_model, ModelName="Net")


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"Image": "repo/image:1", "ModelDataUrl": "s3://artifacts/no.tar.gz"},
         "Could not find model data at s3://artifacts/no.tar.gz"),
        ({"ModelDataUrl": THERE}, "needs an Image"),
    ],
)  # fmt: skip
def test_what_could_never_be_served_is_refused(
    client: Any, container: dict[str, str], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        create_model(client, **container)


def test_a_container_has_an_environment(client: Any) -> None:
    """A map, whose keys and values have patterns of their own."""
    environment = {"MODEL_TIMEOUT": "60", "EMPTY": ""}
    create_model(client, Image="repo/image:1", Environment=environment)
    found = client.describe_model(ModelName="Net")
    assert found["PrimaryContainer"]["Environment"] == environment
    with pytest.raises(ClientError) as refused:
        create_model(client, "Other", Image="repo/image:1", Environment={"1-KEY": "x"})
    assert refused.value.response["Error"]["Message"].startswith(
        "1 validation error detected: Value '1-KEY' at 'primaryContainer.environment' failed to "
        "satisfy constraint: Map key must satisfy constraint: [Member must have length less than"
    )


def test_an_endpoint_goes_through_its_life_and_says_that_it_serves_nothing(client: Any) -> None:
    create_model(client)
    for name in ("First", "Second"):
        assert create_config(client, name) == arn_of(name.lower(), "endpoint-config")
    described = client.describe_endpoint_config(EndpointConfigName="First")
    assert described["ProductionVariants"] == [VARIANT]
    made = client.create_endpoint(EndpointName="Live", EndpointConfigName="First")
    assert made["EndpointArn"] == arn_of("live", "endpoint")
    client.get_waiter("endpoint_in_service").wait(EndpointName="Live")
    client.update_endpoint(EndpointName="Live", EndpointConfigName="Second")
    live = client.describe_endpoint(EndpointName="Live")
    assert live["EndpointConfigName"] == "Second"
    assert "not served" in live["FailureReason"]
    [variant] = live["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (0, 2)
    client.delete_endpoint(EndpointName="Live")
    client.get_waiter("endpoint_deleted").wait(EndpointName="Live")
    for name in ("First", "Second"):
        client.delete_endpoint_config(EndpointConfigName=name)
    assert client.list_endpoint_configs()["EndpointConfigs"] == []


def test_what_an_endpoint_names_must_be_there(client: Any) -> None:
    no_model = refusal(
        client.create_endpoint_config, EndpointConfigName="C", ProductionVariants=[VARIANT]
    )
    assert no_model == f'Could not find model "{arn_of("net", "model")}".'
    no_config = refusal(client.create_endpoint, EndpointName="E", EndpointConfigName="C")
    assert no_config == f'Could not find endpoint configuration "{arn_of("c", "endpoint-config")}".'
    create_model(client)
    create_config(client)
    no_endpoint = refusal(client.update_endpoint, EndpointName="E", EndpointConfigName="Config")
    assert no_endpoint == f'Could not find endpoint "{arn_of("e", "endpoint")}".'


def test_names_are_used_once(client: Any) -> None:
    create_model(client)
    create_config(client)
    client.create_endpoint(EndpointName="Live", EndpointConfigName="Config")
    with pytest.raises(ClientError, match="Cannot create already existing model "):
        create_model(client)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration "):
        create_config(client)
    with pytest.raises(ClientError, match="Cannot create already existing endpoint "):
        client.create_endpoint(EndpointName="Live", EndpointConfigName="Config")


def test_models_are_listed_newest_first_page_by_page(client: Any) -> None:
    for number in range(12):
        create_model(client, f"net-{number}")
    create_model(client, "other")
    pages = list(client.get_paginator("list_models").paginate(NameContains="net"))
    assert [len(page["Models"]) for page in pages] == [10, 2]
    names = [model["ModelName"] for page in pages for model in page["Models"]]
    assert names[0] == "net-11"
    assert sorted(names) == sorted(f"net-{number}" for number in range(12))


def test_everything_has_tags_which_both_services_show(hosting: Service, client: Any) -> None:
    tags = [{"Key": "team", "Value": "vision"}]
    client.create_model(
        ModelName="Net", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER, Tags=tags
    )
    client.create_endpoint_config(
        EndpointConfigName="Config", ProductionVariants=[VARIANT], Tags=tags
    )
    client.create_endpoint(EndpointName="Live", EndpointConfigName="Config", Tags=tags)
    arns = [arn_of("net", "model"), arn_of("config", "endpoint-config"), arn_of("live", "endpoint")]
    for arn in arns:
        assert client.list_tags(ResourceArn=arn)["Tags"] == tags
    client.add_tags(ResourceArn=arns[0], Tags=[{"Key": "stage", "Value": "test"}])
    client.delete_tags(ResourceArn=arns[0], TagKeys=["team"])
    tagging = hosting.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "team"}])["ResourceTagMappingList"]
    assert [one["ResourceARN"] for one in found] == sorted(arns[1:])
    found = tagging.get_resources(ResourceTypeFilters=["sagemaker:model"])
    assert [one["Tags"] for one in found["ResourceTagMappingList"]] == [
        [{"Key": "stage", "Value": "test"}]
    ]


def test_an_invocation_is_answered_with_what_is_the_matter(hosting: Service) -> None:
    request = signed(f"{hosting.url}/endpoints/Live/invocations", KEY_ID, SECRET, b"1,2,3")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.headers["x-amzn-ErrorType"] == "ValidationError"
    assert b"not served" in refused.value.read()
