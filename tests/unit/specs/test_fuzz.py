"""Mutated documents: no traceback, no hang, bounded time and memory.

Each case is made from a seed, so a failure names what to run again. The everyday profile runs a
few hundred; the long one runs a hundred thousand.
"""

from __future__ import annotations

import json
import random
import resource
import time
from collections.abc import Callable
from typing import Final

import pytest
import yaml

from reconciler.cli.findings import as_json, github, junit, sarif, text
from reconciler.cli.findings.summary import FindingsReport
from reconciler.cli.pages.rules import pages_of_specs
from reconciler.rules.organisation_policy import OrganisationPolicy
from reconciler.specs.checking import check, merged
from reconciler.specs.load import Loaded, load_text
from reconciler.specs.source import decode
from tests.unit.rules.test_corpus import CASES
from tests.unit.specs.fleets import FLEET
from tests.unit.specs.test_readers import BOMB
from tests.unit.specs.test_variables import LATE, WITH_VARIABLES

SECONDS: Final = 1.0
MEGABYTES: Final = 100
PIECES: Final = (
    "&a ", "*a ", "!!python/object:os.system ", "!", "? ", ": ", "- ", "[", "]", "{", "}", ",",
    "|\n", ">\n", "'", '"', "\t", "\n", "\r", "\x00", "\x85", "\u2028", "\ufeff", "#",
    "%YAML 9.9\n", "---\n",
    "...\n", "<<: ", "null", "~", "no", "on", "1e999", ".nan", "-.inf", "0x10", "010", "2020-01-01",
    "9" * 400, "-1", "0", "true", "NaN", "Infinity", "\\ud800", "\\u0000", "\U0001f600", "é",
    "${var.x}", "$${", "${var.", "${Token[a.1]}", "=" * 50, "[" * 60, "{a: " * 60, "a: " * 60,
    "s3://", "arn:aws:iam::", "# neoctl: ignore NEO307", "# neoctl: ignore-file NEO304 because x",
)  # fmt: skip
POLICY: Final = OrganisationPolicy.from_mapping(
    {
        "requireVpc": True, "requireKmsKey": True, "inputPrefixes": ["s3://b/p/"],
        "roles": ["arn:aws:iam::*:role/x"], "devices": [], "requiredTags": ["team"],
        "subnets": [], "securityGroups": [], "regions": ["us-east-1"], "maxRuntimeSeconds": 1,
    }
)  # fmt: skip
YAML_SEEDS: Final = [
    FLEET, LATE, WITH_VARIABLES, BOMB,
    *(yaml.safe_dump(case["request"]) for case in CASES[::7]),
    yaml.safe_dump([case["request"] for case in CASES[:3]]),
]  # fmt: skip
JSON_SEEDS: Final = [
    *(json.dumps(case["request"], indent=1) for case in CASES[::5]),
    json.dumps([case["request"] for case in CASES[:3]]),
    json.dumps(yaml.safe_load(FLEET)),
]


def insert(rng: random.Random, data: str) -> str:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(PIECES) + data[at:]


def delete(rng: random.Random, data: str) -> str:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.randrange(1, 30) :]


def repeat(rng: random.Random, data: str) -> str:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at : at + rng.randrange(1, 40)] * rng.randrange(2, 20) + data[at:]


def swap_values(rng: random.Random, data: str) -> str:
    """Another value behind some colon: what breaks types while the syntax holds."""
    colons = [at for at, letter in enumerate(data) if data[at : at + 2] == ": "]
    if not colons:
        return data
    at = rng.choice(colons) + 2
    end = min((data.find(mark, at) for mark in ",\n}" if data.find(mark, at) > 0), default=at)
    value = rng.choice(("null", "7", "[]", "{}", "[[1]]", '"x"', "true", "-1", '{"a": [1]}', "1.5"))
    return data[:at] + value + data[end:]


def shuffle_lines(rng: random.Random, data: str) -> str:
    lines = data.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


MUTATIONS: Final[tuple[Callable[[random.Random, str], str], ...]] = (
    insert, insert, delete, repeat, swap_values, swap_values, shuffle_lines,
)  # fmt: skip


def mutated(seed: int) -> tuple[bytes, str]:
    rng = random.Random(seed)
    name, seeds = rng.choice(
        [("a.yaml", YAML_SEEDS), ("a.json", JSON_SEEDS), ("a.jsonl", JSON_SEEDS)]
    )
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        data = rng.choice(MUTATIONS)(rng, data)
    raw = bytearray(data.encode("utf-8", "surrogatepass"))
    if rng.random() < 0.1 and raw:
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw), name


def judged(raw: bytes, name: str) -> int:
    """Return everything that neoctl validate does with a file, in every format."""
    source, problems = decode(raw, name)
    loaded = Loaded() if problems else load_text(source.text, name, variables={"x": "1"})
    found = check(loaded, region="eu-central-1", policy=POLICY)
    report = FindingsReport(merged(found), len(loaded.jobs), 1)
    for job in loaded.jobs:
        assert job.name
    assert text.render(report, infos=True)
    json.loads(as_json.render(report))
    json.loads(sarif.render(report, pages_of_specs()))
    junit.render(report, [name])
    github.render(report).encode()
    return len(found)


def hammer(seeds: range) -> None:
    for seed in seeds:
        raw, name = mutated(seed)
        began = time.process_time()
        try:
            judged(raw, name)
        except Exception as error:
            raise AssertionError(
                f"seed {seed} ({name}): {type(error).__name__}: {error}"
            ) from error
        spent = time.process_time() - began
        assert spent < SECONDS, f"seed {seed} ({name}) took {spent:.2f} s"


def test_mutated_documents_give_findings_and_nothing_else() -> None:
    hammer(range(40))


@pytest.mark.search
def test_hundreds_of_mutated_documents_give_findings_and_nothing_else() -> None:
    hammer(range(40, 400))


@pytest.mark.long
def test_a_hundred_thousand_mutated_documents_give_findings_in_bounded_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    hammer(range(400, 100_400))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert after - before < MEGABYTES
