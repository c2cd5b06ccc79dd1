"""A class name has one meaning: no two classes of the product share one."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.paths import ROOT

PRODUCTS = (("reconciler", "neo_constructs"), ("neo_local",))
"""The embedded AWS is a program of its own: it has its own jobs, targets and objects."""

SHARED = {
    "OrganisationPolicy": "the construct declares the policy that the rules judge by",
}


def classes(package: str) -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name, file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("packages", PRODUCTS, ids="+".join)
def test_a_class_name_has_one_meaning(packages: tuple[str, ...]) -> None:
    files = defaultdict(list)
    for package in packages:
        for name, file in classes(package):
            files[name].append(file)
    assert files
    shared = {name: where for name, where in files.items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in SHARED} == {}


def test_an_exception_is_still_needed() -> None:
    names = [name for package in PRODUCTS[0] for name, _ in classes(package)]
    assert {name for name in SHARED if names.count(name) < 2} == set()
