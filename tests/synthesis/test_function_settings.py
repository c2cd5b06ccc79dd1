"""What organisations ask of the functions behind jobs, fleets and schedules, and of their logs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ConstructError,
    ContinuousReconciliation,
    NeoCompilationProvider,
    Target,
)
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.rendering import of_type, template_of
from tests.synthesis.test_findings import findings_of

FUNCTION = "AWS::Lambda::Function"
MACHINE = "AWS::StepFunctions::StateMachine"
# Five of the stack's jobs, five of the fleet, one of its schedule.
OURS, FRAMEWORKS = 5, 6


@dataclass
class Everything:
    """A stack with a job, a fleet and a schedule, and what settings need."""

    stack: cdk.Stack
    provider: NeoCompilationProvider
    fleet: CompilationFleet
    schedule: ContinuousReconciliation

    @cached_property
    def vpc(self) -> ec2.Vpc:
        return ec2.Vpc(self.stack, "Vpc", max_azs=2, restrict_default_security_group=False)

    @cached_property
    def key(self) -> kms.Key:
        return kms.Key(self.stack, "Key", enable_key_rotation=True)

    def configure(self, **arguments: Any) -> None:
        self.provider.configure_functions(**arguments)
        self.fleet.provider.configure_functions(**arguments)
        self.schedule.configure_functions(**arguments)

    @cached_property
    def template(self) -> dict[str, Any]:
        return template_of(self.stack)

    def properties(self, kind: str = FUNCTION) -> list[dict[str, Any]]:
        return [each["Properties"] for each in of_type(self.template, kind).values()]

    def statements(self, sid: str) -> list[str]:
        """Return the logical ids of policies with a statement of this name."""
        policies = {
            **of_type(self.template, "AWS::IAM::ManagedPolicy"),
            **of_type(self.template, "AWS::IAM::Policy"),
        }
        return [
            name
            for name, policy in policies.items()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement.get("Sid") == sid
        ]


@pytest.fixture
def everything() -> Everything:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    CompilationJob(stack, "Job", model=model(stack), target=Target.ML_C5, **ONNX)
    fleet = CompilationFleet(stack, "Fleet")
    fleet.add_job("net", model=model(stack), target=Target.ML_C5, **ONNX)
    schedule = ContinuousReconciliation(stack, "Keep", fleet=fleet)
    return Everything(stack, NeoCompilationProvider.of(stack), fleet, schedule)


def test_all_functions_move_into_a_network_with_the_permissions_for_it(
    everything: Everything,
) -> None:
    everything.configure(vpc=everything.vpc)
    found = everything.properties()
    assert len(found) == OURS + FRAMEWORKS
    assert all(len(each["VpcConfig"]["SubnetIds"]) == 2 for each in found)
    assert all(len(each["VpcConfig"]["SecurityGroupIds"]) == 1 for each in found)
    policies = everything.statements("UseVpc")
    assert len(policies) == 4 + 4 + 1, "each function's role has one policy"
    for function in of_type(everything.template, FUNCTION).values():
        assert set(function["DependsOn"]) & set(policies), "Lambda looks at its permission"
    for group in of_type(everything.template, "AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]
        (egress,) = group["Properties"]["SecurityGroupEgress"]
        assert (egress["FromPort"], egress["ToPort"]) == (443, 443)


def test_the_network_stays_until_the_last_job_is_gone(everything: Everything) -> None:
    everything.configure(vpc=everything.vpc)
    routes = set(of_type(everything.template, "AWS::EC2::Route"))
    entry = of_type(everything.template, FUNCTION)
    (function,) = (
        each
        for name, each in entry.items()
        if name.startswith("NeoCompilationProviderFrameworkframeworkonEvent")
    )
    assert routes <= set(function["DependsOn"])
    (rule,) = of_type(everything.template, "AWS::Events::Rule").values()
    assert routes <= set(rule["DependsOn"])


def test_groups_that_are_given_are_used_as_they_are(everything: Everything) -> None:
    group = ec2.SecurityGroup.from_security_group_id(everything.stack, "Group", "sg-1")
    everything.provider.configure_functions(
        vpc=everything.vpc,
        security_groups=[group],
        vpc_subnets=ec2.SubnetSelection(subnets=everything.vpc.private_subnets[:1]),
    )
    used = [each["VpcConfig"] for each in everything.properties() if "VpcConfig" in each]
    assert len(used) == 5
    assert all(each["SecurityGroupIds"] == ["sg-1"] for each in used)
    assert all(len(each["SubnetIds"]) == 1 for each in used)


def test_environments_are_encrypted_where_there_are_any(everything: Everything) -> None:
    everything.configure(environment_encryption=everything.key)
    for each in everything.properties():
        assert ("KmsKeyArn" in each) == ("Environment" in each)
    policies = {
        name: policy["Properties"]["PolicyDocument"]["Statement"]
        for name, policy in of_type(everything.template, "AWS::IAM::ManagedPolicy").items()
    }
    reading = [name for name, held in policies.items() if held[-1]["Action"] == "kms:Decrypt"]
    assert len(reading) == 2 + 2 + 1, "of the framework's two roles twice, and of the schedule"


def test_runtime_concurrency_and_traces(everything: Everything) -> None:
    runtime = lambda_.Runtime.PYTHON_3_14
    everything.configure(runtime=runtime, reserved_concurrent_executions=7, tracing=True)
    found = everything.properties()
    assert [each["Runtime"] for each in found].count("python3.14") == OURS
    assert not [each for each in found if each["Runtime"] == "python3.13"]
    assert {each["ReservedConcurrentExecutions"] for each in found} == {7}
    assert all(each["TracingConfig"] == {"Mode": "Active"} for each in found)
    machines = everything.properties(MACHINE)
    assert [each["TracingConfiguration"] for each in machines] == [{"Enabled": True}] * 2
    assert len(everything.statements("Trace")) == 9 + 2


def test_state_machines_log_errors_without_their_data(everything: Everything) -> None:
    for provider in (everything.provider, everything.fleet.provider):
        provider.configure_logs(
            retention=logs.RetentionDays.ONE_YEAR, encryption_key=everything.key, state_machine=True
        )
    for machine in everything.properties(MACHINE):
        logging = machine["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    kept = {each["RetentionInDays"] for each in everything.properties("AWS::Logs::LogGroup")}
    assert kept == {365, 90}, "the schedule's log has arguments of its own"


def test_the_default_bucket_takes_rules_of_the_app(everything: Everything) -> None:
    bucket = everything.provider.default_output_bucket
    bucket.add_lifecycle_rule(noncurrent_version_expiration=cdk.Duration.days(90))
    buckets = of_type(everything.template, "AWS::S3::Bucket")
    (rules,) = (
        each["Properties"]["LifecycleConfiguration"]["Rules"]
        for name, each in buckets.items()
        if name.startswith("NeoArtifacts")
    )
    assert rules == [{"NoncurrentVersionExpiration": {"NoncurrentDays": 90}, "Status": "Enabled"}]


def test_settings_can_be_made_in_several_calls_and_twice(everything: Everything) -> None:
    for _ in range(2):
        everything.configure(vpc=everything.vpc)
        everything.configure(tracing=True)
    assert len(everything.statements("UseVpc")) == 9
    assert len(everything.statements("Trace")) == 9 + 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"vpc": "vpc-1"}, "vpc is 'vpc-1'"),
        ({"vpc_subnets": ec2.SubnetSelection()}, "need vpc"),
        ({"runtime": lambda_.Runtime.NODEJS_22_X}, "runtime is .* 3.12 or later"),
        ({"runtime": lambda_.Runtime.PYTHON_3_11}, "runtime is .* 3.12 or later"),
        ({"reserved_concurrent_executions": 0}, "at least 1"),
        ({"environment_encryption": "alias/k"}, "kms.Alias.from_alias_name"),
        ({"tracing": "yes"}, "True or False"),
    ],
)
def test_what_does_not_fit_is_refused(
    everything: Everything, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConstructError, match=rf"S/NeoCompilationProvider\] .*{said}"):
        everything.provider.configure_functions(**arguments)
    with pytest.raises(ConstructError, match=rf"S/Keep\] .*{said}"):
        everything.schedule.configure_functions(**arguments)


def test_public_subnets_and_asymmetric_keys_are_refused(everything: Everything) -> None:
    public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    with pytest.raises(ConstructError, match="public subnet reach nothing"):
        everything.provider.configure_functions(vpc=everything.vpc, vpc_subnets=public)
    key = kms.Key(
        everything.stack, "Rsa", key_spec=kms.KeySpec.RSA_2048,
        key_usage=kms.KeyUsage.ENCRYPT_DECRYPT,
    )  # fmt: skip
    with pytest.raises(ConstructError, match="asymmetric"):
        everything.provider.configure_functions(environment_encryption=key)


def test_rule_packs_find_nothing_new_in_what_is_configured(everything: Everything) -> None:
    everything.configure(vpc=everything.vpc, environment_encryption=everything.key, tracing=True)
    for provider in (everything.provider, everything.fleet.provider):
        provider.configure_logs(encryption_key=everything.key, state_machine=True)
    app = everything.stack.node.root
    assert isinstance(app, cdk.App)
    own = ("S/Vpc", "S/Key")
    left = [found for found in findings_of(app) if not found[1].startswith(own)]
    assert left == []


def test_guards_of_an_organisation_are_content_without_any_reason(everything: Everything) -> None:
    settings = {"vpc": everything.vpc, "environment_encryption": everything.key, "tracing": True}
    everything.configure(**settings, reserved_concurrent_executions=5)
    for provider in (everything.provider, everything.fleet.provider):
        provider.configure_logs(
            retention=logs.RetentionDays.ONE_YEAR, encryption_key=everything.key, state_machine=True
        )
    app = everything.stack.node.root
    assert isinstance(app, cdk.App)
    rules = {rule for rule, path in findings_of(app, acknowledge=False) if "/Provider/" in path}
    asked_for = ("LambdaInsideVPC", "LambdaConcurrency", "LogGroupEncrypted", "Xray", "Tracing")
    assert [rule for rule in rules if rule.endswith(asked_for)] == []
