"""Policies: read strictly, compared literally, silent about what is not known yet."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.rules.families.check import check_job
from reconciler.rules.organisation_policy import OrganisationPolicy, PolicyError
from reconciler.rules.s3_uri import s3_location
from tests.unit.rules.requests import patched


def codes(policy: dict[str, Any], patch: dict[str, Any] | None = None, **options: Any) -> set[str]:
    findings = check_job(
        patched(patch or {}), policy=OrganisationPolicy.from_mapping(policy), **options
    )
    return {finding.code for finding in findings if finding.code.startswith("NEO7")}


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("s3://trusted/models/m.tar.gz", True),
        ("s3://trusted/models/deep/m.tar.gz", True),
        ("s3://trusted/models-of-others/m.tar.gz", False),
        ("s3://trusted/models/../secret/m.tar.gz", False),
        ("s3://trusted/models/%2e%2e/secret/m.tar.gz", False),
        ("s3://trusted/models/%252e%252e/secret/m.tar.gz", False),
        ("s3://trusted//models//m.tar.gz", False),
        ("s3://other/models/m.tar.gz", False),
        ("https://trusted.s3.eu-central-1.amazonaws.com/models/m.tar.gz", True),
        ("https://s3.eu-central-1.amazonaws.com/trusted/models/m.tar.gz", True),
        ("https://trusted.example.com/models/m.tar.gz", False),
    ],
)
def test_prefixes_are_compared_with_plain_keys_alone(uri: str, allowed: bool) -> None:
    found = codes({"inputPrefixes": ["s3://trusted/models/"]}, {"InputConfig": {"S3Uri": uri}})
    assert found == (set() if allowed else {"NEO703"})


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("arn:aws:iam::111122223333:role/NeoRole", True),
        ("arn:aws:iam::*:role/NeoRole", True),
        ("arn:aws:iam::111122223333:role/Neo*", True),
        ("arn:aws:iam::111122223333:*", False),
        ("*", False),
        ("arn:aws:iam::111122223333:role/Neo", False),
    ],
)
def test_a_star_stands_for_one_part_of_an_arn(pattern: str, allowed: bool) -> None:
    assert codes({"roles": [pattern]}) == (set() if allowed else {"NEO705"})


def test_an_empty_list_allows_nothing_and_an_absent_one_everything() -> None:
    assert codes({"devices": []}) == {"NEO709"}
    assert codes({}) == set()


def test_platforms_are_allowed_by_their_name() -> None:
    platform = {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "MALI"}
    patch = {"OutputConfig": {"TargetDevice": None, "TargetPlatform": platform}}
    assert codes({"platforms": ["LINUX/ARM64/MALI"]}, patch) == set()
    assert codes({"platforms": ["LINUX/ARM64"]}, patch) == {"NEO709"}
    assert codes({"devices": ["ml_c5"]}, patch) == {"NEO709"}


def test_a_tag_may_have_one_of_the_values_allowed() -> None:
    policy = {"requiredTags": {"team": ["vision", "speech"], "cost-centre": []}}
    tags = [{"Key": "team", "Value": "vision"}, {"Key": "cost-centre", "Value": "7"}]
    assert codes(policy, {"Tags": tags}) == set()
    assert codes(policy, {"Tags": tags[:1]}) == {"NEO711"}
    assert codes(policy, {"Tags": [{"Key": "team", "Value": "x"}, tags[1]]}) == {"NEO711"}


def test_what_is_late_is_judged_when_it_is_real() -> None:
    policy = {"roles": [], "inputPrefixes": [], "subnets": [], "maxRuntimeSeconds": 1}
    late = {
        "RoleArn": "LATE", "InputConfig": {"S3Uri": "LATE"},
        "StoppingCondition": {"MaxRuntimeInSeconds": "LATE"},
        "VpcConfig": {"Subnets": ["LATE"], "SecurityGroupIds": ["sg-1"]},
    }  # fmt: skip
    assert codes(policy, late, is_deploy_time=lambda value: value in ("LATE", ["LATE"])) == set()


def test_every_mistake_in_a_policy_is_said_at_once() -> None:
    with pytest.raises(PolicyError) as raised:
        OrganisationPolicy.from_mapping({"requireVpcs": True, "roles": "x", "inputPrefixes": ["x"]})
    assert [at for at, _ in raised.value.problems] == ["/requireVpcs", "/roles", "/inputPrefixes"]
    assert "Did you mean requireVpc?" in str(raised.value)


@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_a_policy_is_a_map(value: object) -> None:
    with pytest.raises(PolicyError):
        OrganisationPolicy.from_mapping(value)


def test_a_location_is_itself_whatever_way_it_is_written() -> None:
    plain = s3_location("s3://b/a/c")
    for uri in ("s3://b/a//c", "s3://b/./a/c/", "s3://b/x/../a/c", "s3://b/%61/c"):
        location = s3_location(uri)
        assert location is not None
        assert plain is not None
        assert location.normal_key == plain.normal_key
        assert not location.is_below(plain), "S3 takes keys literally"


PACKAGE = "arn:aws:sagemaker:eu-central-1:{}:model-package/models/1"


@pytest.mark.parametrize(
    ("policy", "account", "allowed"),
    [
        ({}, "444455556666", True),
        ({"modelPackages": [PACKAGE.format("111122223333")]}, "111122223333", True),
        ({"modelPackages": [PACKAGE.format("111122223333")]}, "444455556666", False),
        ({"modelPackages": ["arn:aws:sagemaker:*:111122223333:model-package/models/*"]},
         "111122223333", True),
        ({"modelPackages": ["arn:aws:sagemaker:*:111122223333:model-package/models/*"]},
         "444455556666", False),
        ({"modelPackages": []}, "111122223333", False),
        ({"inputPrefixes": ["s3://trusted/"]}, "111122223333", False),
        ({"inputPrefixes": ["s3://trusted/"], "modelPackages": [PACKAGE.format("*")]},
         "111122223333", True),
    ],
)  # fmt: skip
def test_model_packages_are_allowed_by_a_list_and_no_way_around_prefixes(
    policy: dict[str, Any], account: str, allowed: bool
) -> None:
    patch = {"InputConfig": None, "ModelPackageVersionArn": PACKAGE.format(account)}
    assert codes(policy, patch) == (set() if allowed else {"NEO713"})


@pytest.mark.parametrize(("seconds", "allowed"), [(None, True), (900, True), (901, False)])
def test_the_wait_time_is_limited(seconds: int | None, allowed: bool) -> None:
    patch = {"StoppingCondition": {"MaxRuntimeInSeconds": 900, "MaxWaitTimeInSeconds": seconds}}
    assert codes({"maxWaitTimeSeconds": 900}, patch) == (set() if allowed else {"NEO714"})


@pytest.mark.parametrize("prefix", ["s3://b/a/../c", "s3://b/a*", "s3://b/%61", "s3://b//a"])
def test_a_prefix_of_a_policy_is_plain(prefix: str) -> None:
    with pytest.raises(PolicyError, match="plain"):
        OrganisationPolicy.from_mapping({"inputPrefixes": [prefix]})
