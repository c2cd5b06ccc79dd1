"""docs/inspect.md says what the commands do."""

from __future__ import annotations

import json
import re

from reconciler.cli import init, inspect
from reconciler.cli.model.report import as_json
from reconciler.inspection.limits import Limits
from tests.paths import ROOT
from tests.unit.inspection.archives import look_at

PAGE = (ROOT / "docs" / "inspect.md").read_text(encoding="utf-8")


def test_every_option_that_the_page_names_is_there() -> None:
    known = {
        name
        for command in (inspect.command, init.command)
        for parameter in command.params
        for name in parameter.opts
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", PAGE))
    assert named - known == set()
    assert {"--spec", "--job", "--strict", "--ignore", "--target", "--shape", "--force"} <= named


def test_every_key_of_the_json_form_is_described() -> None:
    found = json.loads(as_json("m.tar.gz", look_at("newer_opset.onnx")))
    section = PAGE.split("## JSON")[1].split("## Safety")[0]
    keys = set(found) | set(found["archive"]) | set(found["model"]) | set(found["findings"][0])
    keys |= set(found["model"]["inputs"][0]) | set(found["data_input_config"]["fill_in"][0])
    assert {key for key in keys if f"`{key}`" not in section} == set()


def test_the_limits_are_those_of_the_page() -> None:
    limits = Limits()
    for words in (
        f"{limits.archive_bytes >> 30} GiB packed and unpacked",
        f"{limits.ratio}-fold expansion above {limits.ratio_from >> 20} MiB",
        f"{limits.members:,} members",
        f"{limits.header_bytes >> 10} KiB for an extended header",
        f"{limits.seconds:.0f} s",
    ):
        assert words in re.sub(r"\s+", " ", PAGE)
    assert limits.steps == 2_000_000
    assert "two million records" in PAGE
