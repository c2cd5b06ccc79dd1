"""Arguments checked against the annotations that type checkers read.

For callers without a type checker: jsii's own errors would name a missing attribute, and a wrong
value that is only stored would go unnoticed, or fail the deployment.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, is_typeddict

from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import is_token

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Method = TypeVar("Method", bound=Callable[..., Any])
_Takes = Callable[[object], bool]

_SHOWN: Final = 80
_NOT_CHECKED: Final = ("self", "cls", "scope", "id")
_GENERIC: Final = re.compile(r"(\w+)\[(.*)\]")
# jsii's interfaces, by a member that all of their implementations have; asking costs no call.
_MEMBERS: Final = {
    "cloudwatch.IAlarmAction": "bind",
    "cloudwatch.IWidget": "to_json",
    "ec2.IGatewayVpcEndpoint": "vpc_endpoint_id",
    "ec2.IPeer": "to_egress_rule_config",
    "ec2.ISecurityGroup": "add_egress_rule",
    "ec2.IVpc": "select_subnets",
    "events.IEventBus": "grant_put_events_to",
    "iam.IGrantable": "grant_principal",
    "iam.IOpenIdConnectProvider": "open_id_connect_provider_arn",
    "iam.IRole": "grant_pass_role",
    "kms.IKey": "grant_decrypt",
    "s3.IBucket": "grant_read",
    "sns.ITopic": "grant_publish",
}
_HOW: Final = {
    "bool": "True or False",
    "cdk.Duration": "a cdk.Duration, as cdk.Duration.minutes(30)",
    "cloudwatch.IAlarmAction": "a cloudwatch.IAlarmAction, as SnsAction(topic)",
    "iam.IRole": 'an iam.IRole, as iam.Role.from_role_arn(self, "Role", "arn:...")',
    "kms.IKey": 'a kms.IKey, as kms.Key.from_key_arn(self, "Key", "arn:...")',
    "s3.IBucket": 'an s3.IBucket, as s3.Bucket.from_bucket_name(self, "Bucket", "name")',
    "sns.ITopic": 'an sns.ITopic, as sns.Topic.from_topic_arn(self, "Topic", "arn:...")',
    "str": "a text",
}
Refusal = Callable[[str, object], str | None]
"""Says what is wrong with an argument of a name; empty if nothing is, None for an unknown name."""


def typed(method: Method, refusal: Refusal | None = None) -> Method:
    """Check the arguments of a method by its annotations; raise ConstructError for the first wrong.

    Its message begins with the path of the construct, or with the method's name.

    Args:
        refusal: Knows some arguments by their names, and better than the annotations do.
    """

    @functools.cache
    def signature_of() -> inspect.Signature:  # most methods are never called
        return inspect.signature(method)

    @functools.wraps(method)
    def checked(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on
        signature = signature_of()
        given = signature.bind_partial(*args, **kwargs).arguments if args else kwargs
        for name, value in _each(signature, given):
            parameter = signature.parameters[name]
            is_one = parameter.kind is not parameter.VAR_POSITIONAL  # which has no name for callers
            wrong = refusal(name, value) if refusal is not None and is_one else None
            if wrong is None or value is None:  # the annotation says whether it may be left out
                wrong = _wrong(method, parameter.annotation, name, value)
            if wrong:
                raise ConstructError(_path(method, given), wrong)
        return method(*args, **kwargs)

    return cast(Method, checked)


def check_fields(value: DataclassInstance) -> None:
    """Check the fields of a dataclass as ``typed`` does arguments; called when it is made."""
    kind = type(value)
    for field in fields(value):
        annotation, given = kind.__annotations__[field.name], getattr(value, field.name)
        if not takes(annotation, _names(kind), given):
            raise ConstructError(kind.__name__, said(field.name, annotation, given))


def _each(signature: inspect.Signature, given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in given.items():
        parameter = signature.parameters.get(name)
        if parameter is None or name in _NOT_CHECKED or parameter.kind is parameter.VAR_KEYWORD:
            continue
        for each in value if parameter.kind is parameter.VAR_POSITIONAL else (value,):
            yield name, each


def _wrong(method: Callable[..., Any], annotation: str, name: str, value: object) -> str:
    return "" if takes(annotation, _names(method), value) else said(name, annotation, value)


def _path(method: Callable[..., Any], given: Mapping[str, Any]) -> str:
    owner: Any = given.get("self")
    if "scope" in given and "id" in given:
        above = given["scope"].node.path
        return f"{above}/{given['id']}" if above else str(given["id"])
    return str(owner.node.path) if hasattr(owner, "node") else method.__qualname__


def _names(owner: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a class or function
    """Return the names that the annotations of a class or function can use."""
    return vars(sys.modules[owner.__module__])


def said(name: str, annotation: str, value: object) -> str:
    """Return what is wrong with an argument, and what is allowed."""
    allowed = " or ".join(_described(each) for each in _alternatives(annotation) if each != "None")
    return f"{name} is {shown(value)}; allowed is {allowed}"


def shown(value: object) -> str:
    """Return a value as messages show it."""
    if isinstance(value, type):
        return f"the class {value.__name__} itself"
    text = repr(value)
    return f"{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'} ({type(value).__name__})"


def _described(alternative: str) -> str:
    generic = _GENERIC.fullmatch(alternative)
    if generic is not None and generic[1] in ("Iterable", "Sequence"):
        return f"a list, each item {_described(generic[2])}"
    if generic is not None and generic[1] == "Mapping":
        return f"a dict, each value {_described(generic[2].partition(',')[2])}"
    return _HOW.get(alternative, alternative)


@functools.cache
def _alternatives(annotation: str) -> list[str]:
    """Return the members of a union; a bar inside brackets belongs to what is in them."""
    found = [""]
    for part in annotation.replace(" ", "").split("|"):
        is_open = found[-1].count("[") > found[-1].count("]")
        found = [*found[:-1], f"{found[-1]}|{part}"] if is_open else [*found, part]
    return found[1:]


def takes(annotation: str, names: Mapping[str, Any], value: object) -> bool:
    """Return whether a value is of a kind that an annotation names; true for an unknown name."""
    return any(_one(each, names, value) for each in _alternatives(annotation))


def _one(alternative: str, names: Mapping[str, Any], value: object) -> bool:
    generic = _GENERIC.fullmatch(alternative)
    match alternative:
        case "None":
            return value is None
        case "str" | "bool":
            return isinstance(value, str if alternative == "str" else bool)
        case "int" | "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "os.PathLike[str]":
            return isinstance(value, os.PathLike)
        case _ if alternative in _MEMBERS:
            return not isinstance(value, type) and hasattr(value, _MEMBERS[alternative])
        case _ if generic is not None:
            return _of_items(generic[1], generic[2], names, value)
        case _:
            return _named(alternative, names, value)


def _of_items(kind: str, inside: str, names: Mapping[str, Any], value: object) -> bool:
    """Return whether a value is a collection of this kind, and all that is in it."""
    if kind == "Mapping":
        key, _, item = inside.partition(",")
        return isinstance(value, Mapping) and all(
            takes(key, names, one) and takes(item, names, other) for one, other in value.items()
        )
    if kind == "Iterable" and not isinstance(value, Sequence):  # it could be gone through but once
        return hasattr(value, "__iter__") and not isinstance(value, type)
    if kind not in ("Iterable", "Sequence", "tuple"):
        return True
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    item = inside.removesuffix(",...")
    return is_token(value) or all(takes(item, names, each) for each in value)


def _named(alternative: str, names: Mapping[str, Any], value: object) -> bool:
    """Return whether a value is of a class or an alias; true for what is neither."""
    first, *more = alternative.split(".")
    kind = names.get(first)
    for each in more:
        kind = getattr(kind, each, None)
    if hasattr(kind, "__origin__"):
        return takes(str(kind).replace("collections.abc.", ""), names, value)
    if is_typeddict(kind):
        return isinstance(value, Mapping)
    if not isinstance(kind, type) or kind is Any or hasattr(kind, "__protocol_attrs__"):
        return True
    return isinstance(value, kind)
