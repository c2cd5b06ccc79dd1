"""Models: kept only if what they name is there, and what MiniStack is taught to make of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from neo_local import resources
from neo_local.endpoint.api import CompilationApi
from neo_local.endpoint.dispatch import Dispatcher
from neo_local.endpoint.models import ModelApi, ModelStore
from neo_local.endpoint.server import EndpointServer
from neo_local.faults import Faults, Switches
from neo_local.jobs.store import JobStore
from tests.fakes.endpoint import KEY_ID, SECRET

ROLE = "arn:aws:iam::000000000000:role/serving"
THERE = "s3://artifacts/net.tar.gz"


class NoJobs:
    """A queue that nobody uses here."""

    def submit(self, name: str) -> None:
        raise AssertionError(name)

    stop = forget = submit


@dataclass
class Serving:
    """boto3 on an endpoint that knows one object."""

    client: Any
    url: str

    def create(self, name: str, **container: object) -> str:
        made = self.client.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container
        )
        return str(made["ModelArn"])


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    store = JobStore(tmp_path / "jobs.sqlite3", lambda: 1_795_176_000.0)
    api = CompilationApi(
        store, NoJobs(), Faults(Switches()), lambda: 0.0, "000000000000", "us-east-1"
    )
    models = ModelApi(
        ModelStore(tmp_path / "models.json"), lambda uri: uri == THERE, lambda: 1_795_176_000.0,
        "000000000000", "us-east-1",
    )  # fmt: skip
    server = EndpointServer("127.0.0.1", 0, Dispatcher(api, models), SECRET)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        client = boto3.client(
            "sagemaker", endpoint_url=server.url, region_name="us-east-1",
            aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET,
        )  # fmt: skip
        yield Serving(client, server.url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()


def test_a_model_is_described_as_it_was_created_until_it_is_deleted(serving: Serving) -> None:
    arn = serving.create("Net", Image="repo/image:1", ModelDataUrl=THERE)
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:model/net"
    found = serving.client.describe_model(ModelName="Net")
    assert found["PrimaryContainer"] == {"Image": "repo/image:1", "ModelDataUrl": THERE}
    assert found["ModelArn"] == arn
    serving.client.delete_model(ModelName="Net")
    with pytest.raises(ClientError, match="Could not find model"):
        serving.client.describe_model(ModelName="Net")


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"Image": "repo/image:1", "ModelDataUrl": "s3://artifacts/no.tar.gz"},
         "Could not find model data at s3://artifacts/no.tar.gz"),
        ({"ModelDataUrl": THERE}, "needs an Image"),
    ],
)  # fmt: skip
def test_what_could_never_be_served_is_refused(
    serving: Serving, container: dict[str, str], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        serving.create("Net", **container)


def test_a_container_has_an_environment(serving: Serving) -> None:
    """A map, whose keys and values have patterns of their own."""
    environment = {"MODEL_TIMEOUT": "60", "EMPTY": ""}
    serving.create("Net", Image="repo/image:1", Environment=environment)
    found = serving.client.describe_model(ModelName="Net")
    assert found["PrimaryContainer"]["Environment"] == environment
    with pytest.raises(ClientError) as refused:
        serving.create("Other", Image="repo/image:1", Environment={"1-KEY": "x"})
    assert refused.value.response["Error"]["Message"].startswith(
        "1 validation error detected: Value '1-KEY' at 'primaryContainer.environment' failed to "
        "satisfy constraint: Map key must satisfy constraint: [Member must have length less than"
    )


def test_a_name_is_used_once(serving: Serving) -> None:
    serving.create("Net", Image="repo/image:1", ModelDataUrl=THERE)
    with pytest.raises(ClientError, match="already existing model"):
        serving.create("Net", Image="repo/image:1", ModelDataUrl=THERE)


def test_endpoints_are_unknown_since_nothing_serves(serving: Serving) -> None:
    with pytest.raises(ClientError, match=r"does not know SageMaker\.CreateEndpoint"):
        serving.client.create_endpoint(EndpointName="live", EndpointConfigName="live")


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_LOCAL_INSTANCE", str(tmp_path))
    monkeypatch.setenv("MINISTACK_REGION", "us-east-1")
    monkeypatch.setenv("MINISTACK_ACCOUNT_ID", "000000000000")


RECIPE = (
    '{"RecipeFormatVersion":"2020-01-25","ComponentName":"com.example.net",'
    '"ComponentVersion":"%s","Manifests":[]}'
)


@pytest.mark.usefixtures("component")
def test_a_components_version_is_made_once_and_can_be_made_again_when_it_is_gone() -> None:
    made, given = resources.create_component("", {"InlineRecipe": RECIPE % "1.0.0"}, "stack")
    assert given == {"ComponentName": "com.example.net", "ComponentVersion": "1.0.0"}
    with pytest.raises(ValueError, match="already exists"):
        resources.create_component("", {"InlineRecipe": RECIPE % "1.0.0"}, "stack")
    resources.delete_component(made, {})
    assert resources.create_component("", {"InlineRecipe": RECIPE % "1.0.0"}, "stack")[0] == made


@pytest.mark.usefixtures("component")
@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ("{", "must be JSON"),
        ("{}", "RecipeFormatVersion"),
        (RECIPE % "one", "ComponentVersion"),
        (RECIPE.replace("[]", '[{"Artifacts":[{"Uri":"s3://b"}]}]') % "1.0.0", "not s3://bucket/key"),
    ],
    ids=["must be JSON", "no format", "no version", "no object"],
)  # fmt: skip
def test_a_recipe_that_greengrass_would_refuse_is_refused(recipe: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        resources.create_component("", {"InlineRecipe": recipe}, "stack")
