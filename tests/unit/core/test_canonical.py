"""Canonical JSON and the meaning of JSON-valued fields."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.canonical import CanonicalError, canonical_json, digest, parsed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_canonical_text_reads_back_and_is_its_own_canonical_text(value: object) -> None:
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_composed_and_decomposed_letters_are_one() -> None:
    assert canonical_json("e\u0301") == canonical_json("\u00e9")


def test_whole_floats_are_integers() -> None:
    assert canonical_json([1.0, 2.5]) == "[1,2.5]"


@pytest.mark.parametrize("value", [math.nan, math.inf, {1: 2}, b"x", {"a": {1, 2}}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical_json(value)


def test_depth_is_bounded() -> None:
    value: list[object] = []
    for _ in range(100):
        value = [value]
    with pytest.raises(CanonicalError, match="64 levels"):
        canonical_json(value)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('{"data": [1, 3]}', {"data": [1, 3]}),
        ("{'data': [1, 3]}", {"data": [1, 3]}),
        ("{'data': (1, 3)}", {"data": [1, 3]}),
        ('"--verbose 1"', "--verbose 1"),
        ("[[1,3,224,224]]", [[1, 3, 224, 224]]),
        ("{data: [1]}", "{data: [1]}"),
        ("{'a': {1, 2}}", "{'a': {1, 2}}"),
        ("NaN", "NaN"),
        ("[" * 5000, "[" * 5000),
        ("__import__('os')", "__import__('os')"),
        ("", ""),
    ],
)
def test_json_fields_mean_json_or_python_text_or_themselves(text: str, meaning: object) -> None:
    assert parsed(text) == meaning


@given(st.text(max_size=200))
def test_any_text_has_a_meaning(text: str) -> None:
    canonical_json(parsed(text))


def test_digests_are_base32_of_the_asked_length() -> None:
    assert digest({"a": 1}, 12) == digest({"a": 1}, 52)[:12]
    assert set(digest("x", 52)) <= set("abcdefghijklmnopqrstuvwxyz234567")


HALF = "\ud800"


@pytest.mark.parametrize("value", [HALF, [f"a{HALF}"], {HALF: 1}, {"a": {"b": HALF}}])
def test_half_of_a_surrogate_pair_is_no_text(value: object) -> None:
    with pytest.raises(CanonicalError, match="half of a surrogate pair"):
        canonical_json(value)
    assert canonical_json("\U0001f600") == '"\U0001f600"'


@pytest.mark.parametrize("text", ['{"\\ud800": [1]}', "{'\\ud800': [1]}"])
def test_json_with_half_of_a_pair_means_itself(text: str) -> None:
    assert parsed(text) == text
