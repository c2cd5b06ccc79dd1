"""The demonstration: a platform team's app through its whole life, each claim checked.

Every step counts CreateCompilationJob calls at the endpoint and compares the count with what was
promised; a promise that is not kept ends the demonstration with an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.cdk import Cdk, Ran
from demo.embedded import ROOT, EmbeddedAws, local_python, neoctl
from demo.jobs import Progress, Row, rows, table
from demo.say import Teller

NETWORKS = ("squeezenet", "shufflenet")
TARGETS = ("ml_c5", "LINUX_ARM64", "LINUX_ARM_EABIHF")
STACK = "NeoModels"
CHANGED = {"inputs.squeezenet.ml_c5": json.dumps({"data_0": [1, 3, 256, 256]})}
TRACE = "\n\nLogs: "  # from here on: where the Provider's own code was
TOLERANCE = "1e-6"
TELLING = re.compile(r"✅|❌|UPDATE_ROLLBACK_COMPLETE ")


class BrokenPromise(Exception):
    """The demonstration saw something else than it had announced."""


def promise(kept: bool, text: str) -> None:
    """Raise BrokenPromise unless it was kept."""
    if not kept:
        raise BrokenPromise(text)


@dataclass(slots=True)
class Story:
    """One run of the demonstration; `aws` is up when it begins."""

    aws: EmbeddedAws
    work: Path
    tell: Teller
    cdk: Cdk = field(init=False)
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        context = {"models": str(self.work / "models"), "targets": ",".join(TARGETS)}
        context["stack"] = STACK
        self.cdk = Cdk(self.aws.environment(), self.work / "cdk.out", context=context)
        self.progress = Progress(
            self.aws.client("sagemaker"), lambda line: self.tell.line(f"  {line}")
        )

    def tick(self, what: str) -> None:
        """Show progress while a deployment runs."""
        self.progress.look()
        self.tell.beat(what)

    def deploy(self, context: Mapping[str, str], *, fails: bool = False) -> tuple[Ran, int]:
        """Run `cdk deploy`. Return the run and how many jobs it created."""
        before = self.aws.creates()
        words = ("deploy", "--all", "--require-approval", "never", "--progress", "events")
        ran = self.cdk.run(*words, tick=lambda: self.tick("cdk deploy"), context=context)
        self.progress.look()
        for line in ran.output.splitlines():
            if TELLING.search(line):
                self.tell.line(f"  cdk: {line.strip()[:150]}")
        if (ran.code != 0) != fails:
            self.tell.block("\n".join(ran.output.splitlines()[-60:]))
            raise BrokenPromise(f"cdk deploy ended with exit code {ran.code}")
        return ran, self.aws.creates() - before

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack."""
        stack = self.aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}

    def jobs(self) -> dict[str, str]:
        """Return the compilation jobs of the stack, by the names of their outputs."""
        found = self.outputs().items()
        return {
            key.removesuffix("JobName"): value for key, value in found if key.endswith("JobName")
        }

    def networks(self) -> None:
        """Write the models."""
        self.tell.chapter("Two real networks, their weights filled with seeded random values")
        self.tell.block(local_python("networks.py", self.work / "models", *NETWORKS))

    def bootstrap(self) -> None:
        """Prepare the account for the CDK."""
        self.tell.chapter("cdk bootstrap: the account gets the CDK's bucket and roles")
        words = ("bootstrap", "aws://000000000000/us-east-1")
        ran = self.cdk.run(*words, tick=lambda: self.tell.beat("cdk bootstrap"))
        promise(ran.code == 0, f"cdk bootstrap failed:\n{ran.output[-3000:]}")

    def first_deploy(self) -> list[Row]:
        """Deploy to an empty account."""
        count = len(NETWORKS) * len(TARGETS)
        self.tell.chapter(f"cdk deploy: {len(NETWORKS)} networks for {len(TARGETS)} targets")
        _, created = self.deploy({})
        promise(created == count, f"{count} jobs were to be created, {created} were")
        found = rows(
            self.aws.client("sagemaker"), self.aws.client("s3"), list(self.jobs().values())
        )
        self.tell.line()
        self.tell.block(table(found))
        self.tell.line(
            "  engine: neo_local (a rehearsal on this machine, not Amazon SageMaker Neo)"
        )
        architectures = {row.machine for row in found}
        promise(len(found) == count and len(architectures) >= 2, f"artifacts for {architectures}")
        promise(all(row.status == "COMPLETED" for row in found), "every job COMPLETED")
        return found

    def numbers(self) -> None:
        """Run every artifact, and compare its answers with another engine's."""
        self.tell.chapter("Every artifact runs here, against onnxruntime on the same input")
        jobs, environment = self.jobs(), self.aws.environment() | {"PYTHONPATH": str(ROOT)}
        for key in sorted(jobs):
            words = ("verify", jobs[key], "--run", "--tolerance", TOLERANCE, "--format", "json")
            report = json.loads(neoctl(*words, environment=environment))
            (artifact,) = report["artifacts"]
            self.tell.line(f"  {key}: {comparison(artifact['target'], artifact['run'])}")

    def again(self) -> None:
        """Nothing changed."""
        self.tell.chapter("cdk deploy again, nothing changed")
        before = self.jobs()
        _, created = self.deploy({})
        promise(created == 0, f"0 jobs were to be created, {created} were")
        promise(self.jobs() == before, "the jobs are the same")
        self.tell.line("  0 jobs created, all kept")

    def change(self) -> None:
        """Change one input of one job."""
        self.tell.chapter("One input changed: squeezenet for ml_c5 now takes 256 x 256 pixels")
        before = self.jobs()
        _, created = self.deploy(CHANGED)
        after = self.jobs()
        changed = sorted(key for key in before if after.get(key) != before[key])
        promise(created == 1, f"1 job was to be created, {created} were")
        promise(changed == ["SqueezenetMlC5"], f"another job only for it, not for {changed}")
        kept = len(before) - len(changed)
        self.tell.line(f"  1 job created ({after['SqueezenetMlC5']}), {kept} kept")

    def breakage(self) -> None:
        """Deploy a job that Neo accepts and that fails; the stack rolls back."""
        self.tell.chapter("A broken job: an input name that the model does not have")
        before = self.jobs()
        _, created = self.deploy({**CHANGED, "broken": "true"}, fails=True)
        self.tell.line("  CloudFormation says why:")
        self.tell.block(self.reason())
        promise(created == 1, f"the broken job alone was to be created, {created} were")
        promise(self.jobs() == before, "rolled back to the jobs of before")
        statuses = {row.status for row in self.described(list(before.values()))}
        promise(statuses == {"COMPLETED"}, f"the jobs of before are COMPLETED, not {statuses}")
        promise(not self.aws.live(), f"nothing runs any more, but {self.aws.live()} do")
        self.tell.line(f"  rolled back: {len(before)} jobs kept, 0 compiled again")

    def described(self, names: list[str]) -> list[Row]:
        """Return rows of jobs, by name."""
        return rows(self.aws.client("sagemaker"), self.aws.client("s3"), names)

    def reason(self) -> str:
        """Why the last update failed, in CloudFormation's words."""
        pages = self.aws.client("cloudformation").get_paginator("describe_stack_events")
        events: list[dict[str, Any]] = [
            event for page in pages.paginate(StackName=STACK) for event in page["StackEvents"]
        ]
        failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
        promise(bool(failed), "a failed resource in the stack's events")
        event = failed[0]
        text = str(event.get("ResourceStatusReason", "(no reason)"))
        return f"{event['LogicalResourceId']}: {text.split(TRACE)[0].strip()}"

    def destroy(self) -> None:
        """Destroy the stack."""
        self.tell.chapter("cdk destroy")
        words = ("destroy", "--all", "--force")
        ran = self.cdk.run(*words, tick=lambda: self.tick("cdk destroy"), context=CHANGED)
        promise(ran.code == 0, f"cdk destroy failed:\n{ran.output[-3000:]}")
        promise(not self.aws.live(), f"no job runs any more, but {self.aws.live()} do")
        self.tell.line("  no stack, no job running")


def comparison(target: str, run: Mapping[str, Any]) -> str:
    """Say how a run ended; that an emulator is missing keeps no promise, and breaks none."""
    promise(not run["reason"] or "not on the PATH" in run["reason"], f"{target}: {run['reason']}")
    if run["reason"]:
        return f"not run: {run['reason']}"
    how = f"emulated by {run['emulator']}" if run["emulator"] else "on this machine"
    largest = ", ".join(
        f"{one['name']} differs by {one['difference']:.1e} of values up to {one['largest']:.4f}"
        for one in run["outputs"]
    )
    return f"{largest}; {run['seconds']:.1f} s {how}"


def relative(path: Path) -> str:
    """Return a path as a user of this checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
