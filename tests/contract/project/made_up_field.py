"""What becomes of made-up fields, printed as JSON: run with an edited copy of the packages.

Three fields are as ``EDITS`` in test_made_up_field add them: a text and a JSON document that
determine what is compiled, and a setting in seconds.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from neo_constructs import CompilationFleet, CompilationJob, Framework, ModelArtifact, Target
from neo_constructs.synth.errors import ConstructError
from reconciler.core.declaration import Declaration
from reconciler.core.diff import diff
from reconciler.core.fields import Role
from reconciler.core.identity import Owner
from reconciler.core.request import JobRequest
from reconciler.rules.families import cross_job
from reconciler.specs.checking import check
from reconciler.specs.load import load_text
from reconciler.specs.schema_fleet import fleet_schema
from reconciler.specs.schema_request import request_schema

PLAIN = """\
apiVersion: neo-as-code/v1
owner: vision
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://artifacts/neo
models:
  resnet:
    S3Uri: s3://models/resnet/model.tar.gz
    Framework: ONNX
    DataInputConfig: {data: [1, 3, 224, 224]}
    targets: [ml_c5]
"""
FLAVOURED = (
    PLAIN
    + """\
    Flavour: sweet
    FlavourConfig: {level: [1, 2]}
    StoppingCondition: {MaxRuntimeInSeconds: 900, MaxFlavourInSeconds: 2m}
"""
)


def declaration(request: JobRequest) -> Declaration:
    return Declaration(Owner("vision"), "resnet/ml_c5", request)


def of_fleet_files() -> dict[str, Any]:
    loaded = load_text(FLAVOURED, "fleet.yaml")
    [job] = loaded.jobs
    wrong = load_text(FLAVOURED.replace("sweet", "{}"), "fleet.yaml")
    refused = check(load_text(FLAVOURED.replace("sweet", '"?"'), "fleet.yaml"))
    return {
        "problems": [located.finding.message for located in check(loaded)],
        "wire": job.wire,
        "wrong": [found.problem.finding.message for found in wrong.problems],
        "refused": [[located.finding.path, *located.position] for located in refused],
        "model keys": sorted(fleet_schema()["definitions"]["Model"]["properties"]),
        "description": fleet_schema()["definitions"]["Model"]["properties"]["Flavour"],
        "request keys": sorted(
            request_schema()["definitions"]["Request"]["properties"]["OutputConfig"]["properties"]
        ),
    }


def differing(one: Declaration, other: Declaration) -> list[str]:
    found = diff(one.request, other.request.to_wire(), Role.FINGERPRINT)
    return [change.path for change in found]


def of_the_core(wire: dict[str, Any]) -> dict[str, Any]:
    def changed(structure: str, **members: object) -> Declaration:
        return declaration(
            JobRequest.from_wire({**wire, structure: {**wire[structure], **members}})
        )

    one = declaration(JobRequest.from_wire(wire))
    sour = changed("OutputConfig", Flavour="sour")
    rewritten = changed("InputConfig", FlavourConfig='{ "level" : [1.0, 2] }')
    longer = changed("StoppingCondition", MaxFlavourInSeconds=121)
    [plain] = load_text(PLAIN, "fleet.yaml").jobs
    without = declaration(JobRequest.from_wire(plain.wire))
    together = [
        cross_job.NamedRequest(name, each.request.to_wire(), exact_output=False)
        for name, each in {"one": one, "sour": sour}.items()
    ]
    return {
        "round trip": one.request.to_wire() == wire,
        "identity of the plain job": str(without.identity),
        "other text is another job": one.identity != sour.identity,
        "same meaning is the same job": one.identity == rewritten.identity,
        "a setting is no other job": one.identity == longer.identity,
        "a setting is in the settings": one.settings_digest != longer.settings_digest,
        "diff": differing(one, sour),
        "diff by meaning": differing(one, rewritten),
        "between jobs": [each.finding.code for each in cross_job.check(together)],
    }


def of_constructs() -> dict[str, Any]:
    folder = tempfile.mkdtemp()
    stack = cdk.Stack(cdk.App(analytics_reporting=False, outdir=folder), "S")
    bucket = s3.Bucket.from_bucket_name(stack, "Models", "models")
    job: dict[str, Any] = {
        "model": ModelArtifact.from_bucket(bucket, "resnet.tar.gz"),
        "target": Target.ML_C5,
        "framework": Framework.ONNX,
        "data_input_config": {"data": [1, 3, 224, 224]},
        "flavour": "sweet",
        "flavour_config": {"level": [1, 2]},
    }
    limit: dict[str, Any] = {"max_flavour": cdk.Duration.minutes(2)}
    CompilationJob(stack, "Job", **job, **limit)
    CompilationFleet(stack, "Fleet", **limit).add_job("resnet/ml_c5", **job)
    try:
        CompilationJob(stack, "Wrong", **{**job, "flavour": 1})
    except ConstructError as error:
        refused = str(error)
    cdk.App.of(stack).synth()  # type: ignore[union-attr]
    [template] = Path(folder).glob("S.template.json")
    resources = json.loads(template.read_text())["Resources"].values()
    [made] = [each for each in resources if each["Type"] == "Custom::NeoCompilationJob"]
    [fleet] = [json.loads(path.read_text()) for path in Path(folder).glob("neo-fleet.*.json")]
    return {
        "job": json.loads(made["Properties"]["Declaration"])["request"],
        "fleet": fleet["jobs"][0]["request"],
        "refused": refused,
        "help": CompilationJob.__init__.__doc__,
    }


def main() -> None:
    files = of_fleet_files()
    print(json.dumps({"files": files, "core": of_the_core(files["wire"]), **of_constructs()}))


if __name__ == "__main__":
    main()
