"""A renamed role is found at synthesis, not by a deployed job that cannot find it."""

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


def rename_by_override(role: iam.CfnRole) -> None:
    role.add_property_override("RoleName", "x" * 64)


def unname(role: iam.CfnRole) -> None:
    role.add_property_deletion_override("RoleName")


def put_below_a_path_by_override(role: iam.CfnRole) -> None:
    role.add_property_override("Path", "/teams/")


def bound(role: iam.CfnRole) -> None:
    role.permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"


CHANGES = [
    (put_below_a_path, "the path '/teams/'"),
    (put_below_a_path_by_override, "the path '/teams/'"),
    (rename, "another RoleName"),
    (rename_by_override, "another RoleName"),
    (unname, "another RoleName"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_a_job_whose_role_is_moved_or_renamed_is_refused(
    change: Callable[[iam.CfnRole], None], said: str
) -> None:
    with pytest.raises(RuntimeError) as caught:
        app_with(change).synth()
    text = str(caught.value)
    assert f"[S/Job] S/Job/Role has {said} in the template, by an aspect or an override" in text
    assert "Leave the role as it is, or give the job role=iam.Role(...) of your own" in text


def test_a_role_that_is_renamed_without_an_aspect_is_refused() -> None:
    app = app_with(bound)
    stack = app.node.find_child("S")
    job = stack.node.find_child("Job")
    assert isinstance(job, CompilationJob)
    resource = job.role.node.default_child
    assert isinstance(resource, iam.CfnRole)
    rename_by_override(resource)
    with pytest.raises(RuntimeError, match="S/Job/Role has another RoleName in the template"):
        app.synth()


@pytest.mark.parametrize(("change", "role"), [(bound, False), (put_below_a_path, True)])
def test_boundaries_and_roles_that_are_given_are_no_matter(
    change: Callable[[iam.CfnRole], None], role: bool
) -> None:
    app_with(change, role).synth()
