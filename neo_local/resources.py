"""CloudFormation types that MiniStack lacks and examples need, for as far as they can be honest.

`AWS::SageMaker::Model` is made by the endpoint's CreateModel. `AWS::GreengrassV2::ComponentVersion`
is a recipe, checked, and kept in the data folder: no core device ever gets it. Endpoints and their
configurations are left out, since nothing here serves: a stack with one is refused.

Runs inside MiniStack's process, before it starts.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

Properties = Mapping[str, Any]
Made = tuple[str, dict[str, str]]
_COMPONENT_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,128}")
_VERSION = re.compile(r"\d+\.\d+\.\d+([\-+].+)?")


def register() -> None:
    """Teach MiniStack's CloudFormation the types above.

    What is extended is MiniStack's own and private; its version is pinned, and tests deploy every
    type. Both call back into MiniStack, so they have to run beside its event loop.
    """
    handlers = {
        "AWS::SageMaker::Model": {
            "create": create_model, "update": update_model, "delete": delete_model,
        },
        "AWS::GreengrassV2::ComponentVersion": {
            "create": create_component, "update": update_component, "delete": delete_component,
        },
    }  # fmt: skip
    folder = "ministack.services.cloudformation"
    import_module(f"{folder}.provisioners")._RESOURCE_HANDLERS.update(handlers)
    stacks: Any = import_module(f"{folder}.stacks")
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda of_type: of_type in handlers or blocks(of_type)


def create_model(logical_id: str, properties: Properties, _stack: str) -> Made:
    """Call CreateModel; the id is the model's ARN."""
    name = properties.get("ModelName") or f"{logical_id[:40].lower()}-{uuid.uuid4().hex[:12]}"
    known = ("PrimaryContainer", "Containers", "ExecutionRoleArn", "VpcConfig",
             "InferenceExecutionConfig")  # fmt: skip
    request = {key: properties[key] for key in known if properties.get(key) is not None}
    isolated = str(properties.get("EnableNetworkIsolation", "false")).lower() == "true"
    answer = boto3.client("sagemaker").create_model(
        ModelName=name, EnableNetworkIsolation=isolated, **request
    )
    return answer["ModelArn"], {"ModelName": name, "Id": answer["ModelArn"]}


def update_model(physical_id: str, old: Properties, properties: Properties, stack: str) -> Made:
    """Make another model, since a model is immutable."""
    made = create_model("Model", properties, stack)
    delete_model(physical_id, old)
    return made


def delete_model(physical_id: str, properties: Properties) -> None:
    """Call DeleteModel; a model that does not exist is no error."""
    name = properties.get("ModelName") or physical_id.rpartition("/")[2]
    client = boto3.client("sagemaker")
    try:
        client.delete_model(ModelName=name)
    except ClientError as error:
        if "Could not find" not in str(error):
            raise


def create_component(_logical_id: str, properties: Properties, _stack: str) -> Made:
    """Keep a component's version whose recipe can be read and whose artifacts are there."""
    recipe = _recipe(properties)
    name, version = recipe["ComponentName"], recipe["ComponentVersion"]
    for manifest in recipe.get("Manifests", []):
        for artifact in manifest.get("Artifacts", []):
            _check_artifact(str(artifact.get("Uri", artifact.get("URI", ""))))
    region, account = os.environ["MINISTACK_REGION"], os.environ["MINISTACK_ACCOUNT_ID"]
    arn = f"arn:aws:greengrass:{region}:{account}:components:{name}:versions:{version}"
    kept = _components()
    if arn in kept:
        raise ValueError(f"Component [{name} : {version}] for account [{account}] already exists")
    _keep(kept | {arn: recipe})
    return arn, {"ComponentName": name, "ComponentVersion": version}


def update_component(physical_id: str, old: Properties, properties: Properties, stack: str) -> Made:
    """Make another version, since a version is immutable."""
    made = create_component("", properties, stack)
    delete_component(physical_id, old)
    return made


def delete_component(physical_id: str, _properties: Properties) -> None:
    """Forget a version; its artifacts stay."""
    _keep({arn: recipe for arn, recipe in _components().items() if arn != physical_id})


def _recipe(properties: Properties) -> dict[str, Any]:
    try:
        recipe = json.loads(properties.get("InlineRecipe") or "")
    except ValueError as error:
        raise ValueError(f"InlineRecipe must be JSON here, not YAML: {error}") from None
    if recipe.get("RecipeFormatVersion") != "2020-01-25":
        raise ValueError("RecipeFormatVersion must be 2020-01-25")
    if not _COMPONENT_NAME.fullmatch(str(recipe.get("ComponentName", ""))):
        raise ValueError(f"ComponentName is {recipe.get('ComponentName')!r}")
    if not _VERSION.fullmatch(str(recipe.get("ComponentVersion", ""))):
        raise ValueError(f"ComponentVersion is {recipe.get('ComponentVersion')!r}, not 1.0.0")
    return dict(recipe)


def _check_artifact(uri: str) -> None:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not key:
        raise ValueError(f"An artifact's Uri is {uri!r}, not s3://bucket/key")
    try:
        boto3.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise ValueError(f"The artifact {uri} cannot be read: {error}") from None


def _components() -> dict[str, Any]:
    path = _file()
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _keep(components: Mapping[str, Any]) -> None:
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps(components))
    temporary.replace(_file())


def _file() -> Path:
    return Path(os.environ["NEO_LOCAL_INSTANCE"]) / "components.json"
