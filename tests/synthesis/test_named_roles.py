"""Aspects that rename roles are found out at synthesis, not by a job that cannot find its role."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from neo_constructs import CompilationJob, Target
from tests.synthesis.conftest import ONNX, model


@jsii.implements(cdk.IAspect)
class EveryRole:
    def __init__(self, change: Callable[[iam.CfnRole], None]) -> None:
        self._change = change

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, iam.CfnRole):
            self._change(node)


def app_with(change: Callable[[iam.CfnRole], None], role: bool = False) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "S")
    trusted = iam.ServicePrincipal("sagemaker.amazonaws.com")
    CompilationJob(
        stack, "Job", model=model(stack), target=Target.ML_C5,
        role=iam.Role(stack, "Own", assumed_by=trusted) if role else None, **ONNX,
    )  # fmt: skip
    cdk.Aspects.of(app).add(EveryRole(change))
    return app


def put_below_a_path(role: iam.CfnRole) -> None:
    role.path = "/teams/"


def rename(role: iam.CfnRole) -> None:
    role.role_name = f"corp-{role.role_name}"


def bound(role: iam.CfnRole) -> None:
    role.permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"


@pytest.mark.parametrize(
    ("change", "said"),
    [(put_below_a_path, "the path '/teams/'"), (rename, "the name 'corp-s")],
)
def test_a_job_whose_role_is_moved_or_renamed_is_refused(
    change: Callable[[iam.CfnRole], None], said: str
) -> None:
    with pytest.raises(RuntimeError) as caught:
        app_with(change).synth()
    text = str(caught.value)
    assert "[S/Job] an aspect gives the role of this job" in text
    assert said in text
    assert "Leave S/Job/Role out of the aspect, or give the job role=iam.Role(...)" in text


@pytest.mark.parametrize(("change", "role"), [(bound, False), (put_below_a_path, True)])
def test_boundaries_and_roles_that_are_given_are_no_matter(
    change: Callable[[iam.CfnRole], None], role: bool
) -> None:
    app_with(change, role).synth()
