"""What is taken out of a request at synthesis is put back in the Lambda, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.deploy_time import json_text, number, put, resolve
from reconciler.core.extraction import DeployTimeNameError, JsonDocument, extract
from reconciler.core.fields import nested
from reconciler.core.json_pointer import pointer, steps_of

MARK = "<later>"
NUMBER = -1e300


class Marked:
    """Tokens that are texts with a mark, lists of one, or one special number."""

    def is_token(self, value: object) -> bool:
        if isinstance(value, str):
            return MARK in value
        return value in (NUMBER, [MARK])

    def has_token(self, value: object) -> bool:
        if isinstance(value, list) and not self.is_token(value):
            return any(map(self.has_token, value))
        return self.is_token(value)


def real(value: Any, known: Any) -> Any:
    """Return a request in which every token has become what it stands for."""
    match value:
        case JsonDocument(document):
            return json_text(real(document, known))
        case str():
            return value.replace(MARK, known)
        case [only] if only == MARK:
            return [known]
        case list():
            return [real(item, known) for item in value]
        case dict():
            return {key: real(item, known) for key, item in value.items()}
        case _:
            return 7 if value == NUMBER else value


def as_cloudformation_sends(value: Any, known: Any) -> Any:
    sent = real(value, known)
    return str(sent) if isinstance(sent, int) else sent


names = st.text('ab/~#" ü', min_size=1, max_size=4)
texts = st.text('ab"\\{}/~ü ', max_size=5)
leaves = st.one_of(texts, texts.map(lambda text: text + MARK), st.just([MARK]), st.just(["x"]))
members = st.one_of(leaves, st.integers(1, 9), st.just(NUMBER))
documents = st.dictionaries(names, st.lists(members, max_size=3) | members, max_size=3)
requests = st.fixed_dictionaries(
    {
        "RoleArn": leaves,
        "InputConfig.DataInputConfig": documents.map(JsonDocument),
        "StoppingCondition.MaxRuntimeInSeconds": st.sampled_from([900, NUMBER]),
    }
)


@given(requests, st.text('ab"\\{}ü', max_size=4))
def test_what_is_extracted_is_resolved(fields: dict[str, Any], known: str) -> None:
    extracted = extract(fields, Marked())
    text = json.dumps(extracted.known())
    assert MARK not in text
    assert str(NUMBER) not in text
    sent = {at: as_cloudformation_sends(value, known) for at, value in extracted.values.items()}
    assert resolve(json.loads(text), sent) == nested(real(fields, known).items())


def test_a_structure_that_is_unknown_as_a_whole_is_empty() -> None:
    fields = {"VpcConfig.Subnets": [MARK], "OutputConfig.TargetPlatform.Os": MARK, "RoleArn": MARK}
    fields |= {"OutputConfig.TargetPlatform.Arch": "ARM64"}
    known = extract(fields, Marked()).known()
    assert known == {"VpcConfig": {}, "OutputConfig": {"TargetPlatform": {"Arch": "ARM64"}}}


@given(requests)
def test_fields_that_the_deployment_completes_are_marked(fields: dict[str, Any]) -> None:
    extracted = extract(fields, Marked())
    unknown = {at[1:].partition("#")[0].replace("/", ".") for at in extracted.values}
    known = {path: extracted.literal.get(path) for path in fields if path not in unknown}
    marked = nested({**known, **dict.fromkeys(unknown, MARK)}.items())
    assert extracted.marked(MARK) == marked


def test_a_name_inside_a_document_cannot_be_one() -> None:
    request = {"InputConfig.DataInputConfig": JsonDocument({"a": {MARK: 1}})}
    with pytest.raises(DeployTimeNameError, match="at /InputConfig/DataInputConfig#/a"):
        extract(request, Marked())


@given(st.lists(names))
def test_a_pointer_is_taken_apart_as_it_was_made(steps: list[str]) -> None:
    assert steps_of(pointer(*steps)) == steps


def test_a_value_is_put_where_the_pointer_says() -> None:
    request: dict[str, Any] = {"InputConfig": {"DataInputConfig": '{"a/b":[1,2]}'}}
    put(request, "/InputConfig/DataInputConfig#/a~1b/1", 3)
    put(request, "/VpcConfig/Subnets", ["s"])
    assert request == {
        "InputConfig": {"DataInputConfig": '{"a/b":[1,3]}'},
        "VpcConfig": {"Subnets": ["s"]},
    }


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("-5", -5), ("+5", 5), ("5.5", 5.5), ("-0.5", -0.5)]
)
def test_a_whole_number_stays_whole(text: str, value: float) -> None:
    found = number(text)
    assert found == value
    assert type(found) is type(value)
