"""Targets, options and places of artifacts."""

from __future__ import annotations

import contextlib
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo_local.compiler.failure import CompileFailure
from neo_local.compiler.options import parse_options, parse_shapes
from neo_local.compiler.targets import DEVICES, resolve
from neo_local.elf import architecture
from neo_local.endpoint.shapes import load_sagemaker
from neo_local.jobs.compilation import artifact_location
from neo_local.jobs.s3 import parse_uri

SHAPES = load_sagemaker().shapes


def test_every_device_of_the_api_has_a_target() -> None:
    assert set(DEVICES) == set(SHAPES["TargetDevice"]["enum"])


def test_every_platform_of_the_api_has_a_target() -> None:
    systems = SHAPES["TargetPlatformOs"]["enum"]
    architectures = SHAPES["TargetPlatformArch"]["enum"]
    accelerators = [None, *SHAPES["TargetPlatformAccelerator"]["enum"]]
    for os, arch, accelerator in itertools.product(systems, architectures, accelerators):
        platform = {"Os": os, "Arch": arch, "Accelerator": accelerator}
        given_ = {key: value for key, value in platform.items() if value is not None}
        target = resolve({"TargetPlatform": given_}, {})
        assert target.label == "_".join(given_.values())
        assert bool(target.limit) == (accelerator is not None)


def test_options_name_the_processor_and_its_features() -> None:
    target = resolve(
        {"TargetDevice": "rasp3b"}, {"mcpu": "cortex-a72", "mattr": ["+neon", "+fp16"]}
    )
    assert (target.cpu, target.features) == ("cortex-a72", ("+neon", "+fp16"))
    unchanged = resolve({"TargetDevice": "rasp3b"}, "--verbose 1")
    assert (unchanged.cpu, unchanged.features) == ("cortex-a53", ("+neon",))


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ('{"data": [1, 3, 224, 224]}', {"data": [1, 3, 224, 224]}),
        ("{'data': [1,3,1024,1024]}", {"data": [1, 3, 1024, 1024]}),
        (' {"a/b:0": [1], "c": []}', {"a/b:0": [1], "c": []}),
    ],
)
def test_shapes_are_read_as_json_or_as_awss_examples_write_them(
    text: str, shapes: dict[str, list[int]]
) -> None:
    assert parse_shapes(text) == shapes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{data: [1]}", "Cannot load DataInputConfig. Incorrect json format."),
        ("[[1, 3]]", "DataInputConfig is not dictionary."),
        ('{"x": [1, null]}', "Input x has wrong shape"),
        ('{"x": [1, -1]}', "Input x has wrong shape"),
        ('{"x": [1, 0]}', "Input x has wrong shape"),
        ('{"x": [1.5]}', "Input x has wrong shape"),
        ('{"x": [true]}', "Input x has wrong shape"),
        ('{"x": "1,3"}', "Input x has wrong shape"),
        ('{"x": {"shape": [1]}}', "Input x has wrong shape"),
        ("__import__('os').getpid()", "Cannot load DataInputConfig"),
        ("(" * 5000, "Cannot load DataInputConfig"),
        ("[" * 100_000, "Cannot load DataInputConfig"),
    ],
)
def test_bad_shapes_are_refused_in_neos_words(text: str, reason: str) -> None:
    with pytest.raises(CompileFailure) as caught:
        parse_shapes(text)
    assert str(caught.value).startswith(f"ClientError: InputConfiguration: {reason}")


@given(st.text(max_size=200))
def test_any_text_is_shapes_or_a_failure(text: str) -> None:
    with contextlib.suppress(CompileFailure):
        assert isinstance(parse_shapes(text), dict)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (None, {}),
        ('{"mattr": ["+neon"]}', {"mattr": ["+neon"]}),
        ("{'mattr': ['+neon']}", {"mattr": ["+neon"]}),
        ('"--dtype int64"', "--dtype int64"),
    ],
)
def test_options_are_an_object_or_a_text(text: str | None, options: object) -> None:
    assert parse_options(text) == options


def test_bad_options_are_refused() -> None:
    with pytest.raises(CompileFailure, match="Cannot load CompilerOptions"):
        parse_options("mcpu=x")


@pytest.mark.parametrize(
    ("output", "key", "uri"),
    [
        ("s3://b/out/", "in/model.tar.gz", "s3://b/out/model-ml_c5.tar.gz"),
        ("s3://b/out", "in/model.tgz", "s3://b/out/model-ml_c5.tar.gz"),
        ("s3://b", "model.v2.tar.gz", "s3://b/model.v2-ml_c5.tar.gz"),
        ("s3://b/", "in/data.csv", "s3://b/data.csv-ml_c5.tar.gz"),
        ("https://b.s3.amazonaws.com/o%20ut/", "m.tar.gz", "s3://b/o ut/m-ml_c5.tar.gz"),
    ],
)
def test_artifacts_are_named_after_the_model_and_the_target(
    output: str, key: str, uri: str
) -> None:
    assert artifact_location(output, key, "ml_c5").uri == uri


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://bucket/a/b.tar.gz", "bucket", "a/b.tar.gz"),
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/a?b#c.tar.gz", "bucket", "a?b#c.tar.gz"),
        ("https://bucket.s3.eu-west-1.amazonaws.com/k", "bucket", "k"),
        ("https://dotted.bucket.s3.amazonaws.com/k", "dotted.bucket", "k"),
        ("https://s3.us-east-1.amazonaws.com/bucket/a/k", "bucket", "a/k"),
    ],
)
def test_uris_of_every_form_the_api_takes_are_read(uri: str, bucket: str, key: str) -> None:
    assert (parse_uri(uri).bucket, parse_uri(uri).key) == (bucket, key)


@pytest.mark.parametrize("header", [b"", b"\x7fELF", b"MZ", b"#!/bin/sh", json.dumps({}).encode()])
def test_what_is_no_binary_has_no_architecture(header: bytes) -> None:
    with pytest.raises(ValueError, match=r"ELF|PE"):
        architecture(header)
