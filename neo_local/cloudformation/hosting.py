"""AWS::SageMaker::Model, EndpointConfig and Endpoint, made by the endpoint's own operations."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.model import Shape

Properties = Mapping[str, Any]
Json = Any  # a value as json.loads gives it
Made = tuple[str, dict[str, str]]
_CONVERTED: Mapping[str, Callable[[str], object]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda text: text.lower() == "true",
}


@dataclass(frozen=True, slots=True)
class HostingType:
    """A type: its word in operations, and whether it can be updated in place."""

    word: str
    updatable: bool = False


TYPES: Mapping[str, HostingType] = {
    "AWS::SageMaker::Model": HostingType("Model"),
    "AWS::SageMaker::EndpointConfig": HostingType("EndpointConfig"),
    "AWS::SageMaker::Endpoint": HostingType("Endpoint", updatable=True),
}


def handlers(kind: HostingType) -> Mapping[str, Callable[..., Any]]:
    """Return what MiniStack's CloudFormation calls for a kind."""
    name_of = f"{kind.word}Name"

    def create(logical_id: str, properties: Properties, _stack: str) -> Made:
        name = properties.get(name_of) or f"{logical_id[:40].lower()}-{uuid.uuid4().hex[:12]}"
        return _made(kind, _call(f"Create{kind.word}", {**properties, name_of: name}), name)

    def update(physical_id: str, old: Properties, properties: Properties, stack: str) -> Made:
        if kind.updatable and old.get(name_of) == properties.get(name_of):
            name = physical_id.rpartition("/")[2]
            return _made(kind, _call(f"Update{kind.word}", {**properties, name_of: name}), name)
        made = create(kind.word, properties, stack)
        delete(physical_id, old)
        return made

    def delete(physical_id: str, _properties: Properties) -> None:
        try:
            _call(f"Delete{kind.word}", {name_of: physical_id.rpartition("/")[2]})
        except ClientError as error:
            if "Could not find" not in str(error):
                raise

    return {"create": create, "update": update, "delete": delete}


def _made(kind: HostingType, answer: Mapping[str, str], name: str) -> Made:
    arn = answer[f"{kind.word}Arn"]
    return arn, {f"{kind.word}Name": name, "Id": arn}


def _call(operation: str, properties: Properties) -> Mapping[str, Any]:
    """Call an operation with those of the properties that it knows, as numbers where it wants."""
    client = boto3.client("sagemaker", region_name=_region())
    model = client.meta.service_model.operation_model(operation)
    request = _converted(model.input_shape, properties)
    method = next(name for name, of in client.meta.method_to_api_mapping.items() if of == operation)
    return dict(getattr(client, method)(**request))


def _converted(shape: Shape, value: Json) -> Json:
    """Return a property in the type of a request's member; CloudFormation makes text of all."""
    match shape.type_name:
        case "structure":
            members: Mapping[str, Shape] = shape.members
            return {
                name: _converted(members[name], one)
                for name, one in value.items()
                if name in members and one is not None
            }
        case "list":
            return [_converted(shape.member, one) for one in value]
        case "map":
            return {name: _converted(shape.value, one) for name, one in value.items()}
        case of:
            return _CONVERTED.get(of, str)(str(value))


def _region() -> str:
    """Return the region of the stack, which MiniStack keeps beside the request."""
    return str(import_module("ministack.core.responses").get_region())
