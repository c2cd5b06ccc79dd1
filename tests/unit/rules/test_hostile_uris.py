"""No way of writing a URI gets past a policy's prefixes.

The policy reads a URI once; whoever uses it may read it otherwise: literally, as S3 does, or after
decoding, resolving or cutting it, as clients and proxies do. A URI that the policy allows must lie
below an allowed prefix by every one of these readings.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.rules.families.check import check_job
from reconciler.rules.organisation_policy import OrganisationPolicy
from tests.unit.rules.requests import patched

BUCKET, PREFIX = "models", "approved"
POLICY = OrganisationPolicy.from_mapping(
    {"inputPrefixes": ["s3://models/approved/"], "outputPrefixes": ["s3://models/approved/"]}
)
S3_HOST = re.compile(
    r"((?P<bucket>[a-z0-9][a-z0-9.-]+)\.)?s3([.-](dualstack\.)?[a-z]{2,4}(-[a-z]+)+-\d)?"
    r"\.amazonaws\.com(\.cn)?"
)


def is_allowed(uri: str, field: str) -> bool:
    place, code = {
        "S3Uri": ("InputConfig", "NEO703"), "S3OutputLocation": ("OutputConfig", "NEO704"),
    }[field]  # fmt: skip
    found = check_job(patched({place: {field: uri}}), policy=POLICY)
    return code not in {finding.code for finding in found}


def places(uri: str) -> Iterator[tuple[str, str]]:
    """Every bucket and key that some reader takes a URI for; the first is S3's own, literally."""
    for text in (uri, unquote(uri), unquote(unquote(uri)), uri.replace("\\", "/")):
        scheme, _, rest = text.partition("://")
        host, _, key = rest.partition("/")
        if scheme == "https":
            split = urlsplit(text)
            found = S3_HOST.fullmatch(split.hostname or "")
            assert found is not None, f"{text} is not at S3"
            bucket = found["bucket"]
            if bucket is None:
                bucket, _, key = key.partition("/")
        else:
            bucket = host
        yield bucket, key
        for cut in (key.partition("?")[0], key.partition("#")[0]):
            yield bucket, cut
            resolved = posixpath.normpath("/" + cut).lstrip("/")
            yield bucket, resolved + ("/" if cut.endswith("/") else "")


def is_below(bucket: str, key: str, field: str) -> bool:
    if field == "S3OutputLocation":
        key = key.rstrip("/") + "/"  # Neo writes below it
    return bucket == BUCKET and key.startswith(PREFIX + "/") and "*" not in key


PIECES = st.sampled_from(
    ["approved", "secret", "m.tar.gz", "..", ".", "", "%2e%2e", "%252e%252e", "%2E.", "..\\", "\\",
     "?", "#", "m?", "*", "a b", "${aws:username}", "%2f", "approved%2f..", "approvedx", "é", "\t",
     "a=1", "..%2fsecret", "@", ";", "\u2024\u2024", "+"]
)  # fmt: skip
BUCKETS = (
    "s3://models", "https://models.s3.amazonaws.com", "https://models.s3.eu-central-1.amazonaws.com",
    "https://s3.eu-central-1.amazonaws.com/models", "https://s3.amazonaws.com/models",
)  # fmt: skip
OTHERS = (
    "s3://other", "s3://models@other", "s3://models%2fapproved", "s3://models.", "s3://MODELS",
    "s3://models:443", "s3://arn:aws:s3:us-east-1:1:accesspoint/models", "s3://models-abc-s3alias",
    "https://models.s3.evilamazonaws.com", "https://s3.evilamazonaws.com/models",
    "https://models.s3.amazonaws.com.evil.com", "https://models.s3-amazonaws.com",
    "https://models.s3.amazonaws.com@evil.com", "https://evil.com?models.s3.amazonaws.com",
    "https://evil.com#.models.s3.amazonaws.com", "https://models.s3.amazonaws.com:444",
    "https://evil.com\\models.s3.amazonaws.com", "https://models.s3.x.y.z.amazonaws.com",
    "https://s3.amazonaws.com/other/..", "https://s3.amazonaws.com//models",
    "https://other.models.s3.amazonaws.com", "https://models.s3xamazonaws.com",
    "https://models.s3.amazonawsxcom", "https://models.s3-accesspoint.us-east-1.amazonaws.com",
    "https://models.s3-website.eu-central-1.amazonaws.com", "HTTPS://models.s3.amazonaws.com",
    "http://models.s3.amazonaws.com", "s3a://models",
)  # fmt: skip
HOSTS = st.sampled_from((*BUCKETS, *OTHERS))


@pytest.mark.parametrize("field", ["S3Uri", "S3OutputLocation"])
@pytest.mark.parametrize("host", OTHERS)
def test_another_place_is_not_allowed_whatever_the_key(host: str, field: str) -> None:
    assert not is_allowed(f"{host}/approved/m.tar.gz", field)


@given(HOSTS, st.lists(PIECES, max_size=5), st.sampled_from(["S3Uri", "S3OutputLocation"]))
@example("s3://models", ["untrusted", "..", "approved", "m.tar.gz"], "S3Uri")
@example("s3://models", ["untrusted", "%2e%2e", "approved", "m.tar.gz"], "S3Uri")
@example("s3://models", ["secret", "m?", "..", "..", "approved", "m.tar.gz"], "S3Uri")
@example("s3://models", ["", "approved", "m.tar.gz"], "S3Uri")
@example("s3://models", ["approved"], "S3Uri")
def test_what_a_policy_allows_is_below_its_prefixes_however_it_is_read(
    host: str, pieces: list[str], field: str
) -> None:
    uri = "/".join([host, *pieces])
    if is_allowed(uri, field):
        for bucket, key in places(uri):
            assert is_below(bucket, key, field), (uri, bucket, key)


@pytest.mark.parametrize("host", [
    "s3://models", "https://models.s3.amazonaws.com", "https://models.s3.eu-central-1.amazonaws.com",
    "https://models.s3.dualstack.eu-central-1.amazonaws.com",
    "https://models.s3.cn-north-1.amazonaws.com.cn", "https://s3.us-gov-west-1.amazonaws.com/models",
    "https://s3-us-west-2.amazonaws.com/models",
])  # fmt: skip
@pytest.mark.parametrize("name", ["m.tar.gz", "2024-05/run=7/job_1/output/m.tar.gz", "a(1)/m.tgz"])
def test_plain_keys_below_a_prefix_are_allowed(host: str, name: str) -> None:
    assert is_allowed(f"{host}/approved/{name}", "S3Uri")


@pytest.mark.parametrize("uri", ["s3://models/approved", "s3://models/approved/"])
def test_an_output_may_be_the_prefix_itself(uri: str) -> None:
    assert is_allowed(uri, "S3OutputLocation")


def test_a_refused_key_is_told_why() -> None:
    place: dict[str, Any] = {"InputConfig": {"S3Uri": "s3://models/approved/a b/m.tar.gz"}}
    [found] = [item for item in check_job(patched(place), policy=POLICY) if item.code == "NEO703"]
    assert "plain" in found.hint
