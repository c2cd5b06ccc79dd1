"""Hostile and broken files: every mistake has a code and a place, and nothing explodes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from reconciler.cli.findings import text
from reconciler.cli.findings.summary import FindingsReport
from reconciler.specs.checking import check, merged
from reconciler.specs.json_reader import places_of, read_json
from reconciler.specs.load import load, load_text
from reconciler.specs.source import MAX_BYTES, Source, decode, find
from reconciler.specs.yaml_reader import read_yaml

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n"
    for before, name in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
)


def yaml_problems(text: str) -> list[tuple[str, int, int]]:
    source = Source("a.yaml", text)
    return [
        (problem.finding.code, *source.position(problem.offset)) for problem in read_yaml(source)[1]
    ]


def json_problems(text: str) -> list[tuple[str, int, int]]:
    source = Source("a.json", text)
    return [
        (problem.finding.code, *source.position(problem.offset)) for problem in read_json(source)[1]
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", ("NEO005", 3, 1)),
        ("a: &x 1\n", ("NEO006", 1, 4)),
        ("a: *x\n", ("NEO006", 1, 4)),
        ("a: !!python/object/apply:os.system [ls]\n", ("NEO007", 1, 4)),
        ("a: !include b.yaml\n", ("NEO007", 1, 4)),
        ("[" * 40, ("NEO008", 1, 33)),
        ("? [a]\n: b\n", ("NEO009", 1, 3)),
        ("{{a: 1}: 2}\n", ("NEO009", 1, 2)),
        ("a: 'b\n", ("NEO004", 1, 4)),
        ("a: 'b\nc: d\ne: f\n", ("NEO004", 1, 4)),
        ("a: [b,\nc\n", ("NEO004", 1, 4)),
        ("a:\n\tb: 1\n", ("NEO004", 2, 1)),
        ("a: b: c\n", ("NEO004", 1, 5)),
        ("a: \x00b\n", ("NEO004", 1, 4)),
        ("a: \x1b[31m\n", ("NEO004", 1, 4)),
        ('a: "\\ud800"\n', ("NEO004", 1, 7)),
    ],
)
def test_a_mistake_in_yaml_has_a_code_and_a_place(text: str, problem: tuple[str, int, int]) -> None:
    assert yaml_problems(text)[0] == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1,\n "a": 2}', ("NEO005", 2, 2)),
        ('{"a": 1,}', ("NEO004", 1, 9)),
        ('{"a": NaN}', ("NEO004", 1, 7)),
        ('{"a": 1e999}', ("NEO004", 1, 1)),
        ('{"a": ' + "9" * 5000 + "}", ("NEO004", 1, 1)),
        ("[" * 40 + "]" * 40, ("NEO008", 1, 33)),
        ("[" * 100_000, ("NEO008", 1, 33)),
        ('["\\ud800"]', ("NEO002", 1, 1)),
        ("", ("NEO004", 1, 1)),
    ],
)
def test_a_mistake_in_json_has_a_code_and_a_place(text: str, problem: tuple[str, int, int]) -> None:
    assert json_problems(text)[0] == problem


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"a": 1, // one\n"b": 2}', "JSON has no comments; remove it, or write the spec in YAML."),
        ('# a\n{"a": 1}', "JSON has no comments; remove it, or write the spec in YAML."),
        ('{"a": [1, 2,]}', "Remove the comma before it."),
        ('{"a": 1 "b"}', ""),
    ],
)
def test_what_other_parsers_of_json_take_is_explained(text: str, hint: str) -> None:
    assert read_json(Source("a.json", text))[1][0].finding.hint == hint


def test_an_alias_bomb_is_refused_by_its_aliases() -> None:
    began = time.monotonic()
    problems = yaml_problems(BOMB)
    assert {code for code, *_ in problems} == {"NEO006"}
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("text", ["[" * 300_000, "- " * 300_000, "{a: " * 300_000, "? " * 300_000])
def test_depth_neither_overflows_the_stack_nor_takes_long(text: str) -> None:
    began = time.monotonic()
    assert yaml_problems(text)
    assert time.monotonic() - began < 30


def test_bytes_that_are_no_utf8_are_found_where_they_are() -> None:
    source, problems = decode(b"a: 1\nb: \xff\n", "a.yaml")
    assert [problem.finding.code for problem in problems] == ["NEO002"]
    assert source.position(problems[0].offset) == (2, 4)


def test_a_byte_order_mark_is_taken_off() -> None:
    source, problems = decode(b"\xef\xbb\xbfa: 1\n", "a.yaml")
    assert problems == []
    assert read_yaml(source)[0][0].value == {"a": 1}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    loaded = load([path])
    assert [item.problem.finding.code for item in loaded.problems] == ["NEO003"]


def test_values_are_those_of_yaml_where_nothing_is_implicit() -> None:
    text = 'a: {b: [1, "2", true, null], c: text}\nd: |\n  lines\n  of text\n"e": \'f\'\n'
    documents, problems = read_yaml(Source("a.yaml", text))
    assert problems == []
    assert documents[0].value == yaml.safe_load(text)


def test_the_place_of_everything_is_known_in_yaml_and_in_json() -> None:
    text = '{"a": {"b": [1, {"c": "x"}]}}'
    yaml_place = read_yaml(Source("a.yaml", text))[0][0].place
    json_place, _ = places_of(Source("a.json", text), 0, None)
    assert yaml_place == json_place
    assert text[find(yaml_place, ("a", "b", 1, "c")) :].startswith('"x"')
    assert text[find(yaml_place, ("a", "b", 1, "c"), key=True) :].startswith('"c"')


def test_lines_end_as_editors_count_them() -> None:
    source = Source("a", "a\nb\r\nc\rd")
    assert [source.line(number) for number in range(1, 6)] == ["a", "b", "c", "d", ""]
    assert source.position(source.offset(3, 1)) == (3, 1)


@pytest.mark.search
@pytest.mark.parametrize("text", ["[" + "a," * 4_000_000 + "a]", "- a\n" * 4_000_000])
def test_a_flood_of_values_ends_before_it_fills_the_memory(text: str) -> None:
    assert {code for code, *_ in yaml_problems(text)} == {"NEO003"}
    assert {code for code, *_ in json_problems("[" + "1," * 4_000_000 + "1]")} == {"NEO003"}


HOSTILE = {
    "spaces.yaml": " " * 3_000_000,
    "question-marks.yaml": "? " * 1_500_000,
    "colons.yaml": ":" * 3_000_000,
    "documents.yaml": "---\n" * 300_000,
    "lines.yaml": "\n" * 3_000_000,
    "keys.yaml": "{" + ",".join(f"a{number}: 1" for number in range(300_000)) + "}",
    "text.json": '{"RoleArn": "' + "x" * 3_000_000 + '"}',
    "escapes.json": '{"RoleArn": "' + "\\n" * 1_500_000 + '"}',
    "lines.jsonl": "{}\n" * 300_000,
    "open.json": "[" * 3_000_000,
}


@pytest.mark.search
@pytest.mark.parametrize("name", HOSTILE)
def test_a_large_hostile_file_is_judged_and_reported_in_bounded_time(name: str) -> None:
    began = time.process_time()
    found = check(load_text(HOSTILE[name], name))
    assert text.render(FindingsReport(merged(found), 0, 1))
    assert time.process_time() - began < 30  # no measure of speed: a hang would be minutes
