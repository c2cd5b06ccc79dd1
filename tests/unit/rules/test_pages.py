"""Every rule has a page, and the page's examples do what the page says."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from reconciler.cli.pages.rules import (
    Page,
    documents,
    entries_of,
    modules_of_rules,
    page_of,
    rule_named,
    rules,
    suggestion,
)
from reconciler.rules.families import cross_job
from reconciler.rules.families.check import check_job
from reconciler.rules.families.cross_job import NamedRequest
from reconciler.rules.organisation_policy import OrganisationPolicy
from reconciler.specs.checking import check
from reconciler.specs.load import load_text
from tests.paths import ROOT
from tests.unit.rules.requests import GOOD, patched

DOCS = ROOT / "docs" / "rules"
MODULES = sorted(set(modules_of_rules().values()), key=lambda module: module.__name__)
OURS = sorted(code for code in rules() if code < "NEO8")
WITHOUT_EXAMPLE = {"NEO001", "NEO002", "NEO003", "NEO008", "NEO020", "NEO110", "NEO534"}


def page(code: str) -> Page:
    return page_of(rules()[code])


def reported(page: Page, key: str) -> set[str]:
    """Return the codes that a page's example gives."""
    example = page.example
    if key == "jobs":
        jobs = example["jobs"]
        named = [NamedRequest(str(job["CompilationJobName"]), patched(job)) for job in jobs]
        alone = [finding for job in named for finding in check_job(job.wire)]
        together = [conflict.finding for conflict in cross_job.check(named)]
        return {finding.code for finding in alone + together}
    if page.rule.code.startswith("NEO0"):
        return {item.finding.code for item in check(load_text(example[key], "example.yaml"))}
    policy = OrganisationPolicy.from_mapping(example["policy"]) if "policy" in example else None
    findings = check_job(patched(example[key]), region=example.get("region"), policy=policy)
    return {finding.code for finding in findings}


def test_the_request_that_examples_change_is_right() -> None:
    assert check_job(GOOD) == []


def test_names_are_unique_and_in_kebab_case() -> None:
    slugs = [rule.slug for rule in rules().values()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)


def test_a_rule_is_found_by_its_code_and_by_its_name() -> None:
    rule = rules()["NEO410"]
    assert rule_named("neo410") == rule_named("unknown-compiler-option") == rule
    assert rule_named("unknown-compiler-opt") is None
    assert suggestion("unknown-compiler-opt") == "Did you mean unknown-compiler-option?"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_module_has_a_page_for_each_of_its_rules_and_no_other(module: ModuleType) -> None:
    assert set(entries_of(module)) - {"family"} == {rule.code for rule in module.RULES}


@pytest.mark.parametrize("code", sorted(rules()))
def test_a_title_names_the_violation(code: str) -> None:
    title = page(code).title
    assert title
    assert not title.endswith(".")


@pytest.mark.parametrize("code", OURS)
def test_a_page_says_why_and_what_to_do(code: str) -> None:
    assert page(code).why
    assert page(code).do


@pytest.mark.parametrize("code", OURS)
def test_an_example_breaks_its_rule(code: str) -> None:
    keys = [key for key in ("bad", "jobs") if key in page(code).example]
    if not keys:
        assert code in WITHOUT_EXAMPLE
    for key in keys:
        assert code in reported(page(code), key)


@pytest.mark.parametrize("code", [code for code in OURS if "good" in page(code).example])
def test_a_good_example_keeps_to_its_rule(code: str) -> None:
    assert code not in reported(page(code), "good")


def test_the_committed_pages_are_those_of_the_rules() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    wanted = documents()
    assert committed == wanted, "python -m reconciler.cli.pages.rules docs/rules"
