"""ContinuousReconciliation: a schedule that corrects drift of a fleet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Unpack

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from neo_constructs.cross_account.checks import refuse_uploads_elsewhere
from neo_constructs.fleet.compilation_fleet import CompilationFleet
from neo_constructs.fleet.permissions import objects_document, upload_rights
from neo_constructs.fleet.provider import MEMORY_MIB, function_role
from neo_constructs.governance.organisation_policy import policy_text
from neo_constructs.governance.parts import Part, mark
from neo_constructs.iam.keys import key_use
from neo_constructs.iam.policy_pack import PolicyPack
from neo_constructs.iam.role_grants import attach
from neo_constructs.iam.statements import Allow, allow
from neo_constructs.provider.function_settings import ConfiguredFunction, configure_functions
from neo_constructs.provider.handler_asset import handler_asset
from neo_constructs.provider.logs import allow_logs
from neo_constructs.request.argument_types import check_arguments, checked
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.request.function_arguments import FunctionArguments
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import bucket_facts, home_of
from neo_constructs.synth.unpacked_signature import signed, unpacked
from reconciler.core import contract

DEFAULT_MINUTES: Final = 15
DEFAULT_UPLOAD_KEY: Final = "neo-specs.json"
_TIMEOUT_MINUTES: Final = 15
_KEPT_DAYS: Final = 14


@signed
class ContinuousReconciliation(Construct):
    """The reconciler of a fleet on a schedule, in a function and role of its own.

    It corrects drift, goes on with what a deployment left pending at its deadline, and reports
    changes and failures. It never fights a deployment: it skips while the stack is
    in progress, holds the fleet's lease while it acts, and ends when another generation is
    declared. With ``upload_bucket`` it declares what was uploaded there (GitOps).
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        fleet: CompilationFleet,
        schedule: events.Schedule | None = None,
        refresh: bool = False,
        upload_bucket: s3.IBucket | None = None,
        upload_key: str = DEFAULT_UPLOAD_KEY,
        upload_variables: Mapping[str, object] | None = None,
        topic: sns.ITopic | None = None,
        event_bus: events.IEventBus | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS,
        log_encryption_key: kms.IKey | None = None,
        queue_encryption_key: kms.IKey | None = None,
    ) -> None:
        """Put a fleet on a schedule.

        Args:
            scope: The parent construct; its stack must be the fleet's.
            id: The construct's id.
            fleet: The fleet to reconcile.
            schedule: When it runs. Default: every 15 minutes.
            refresh: Whether tags and artifacts of finished jobs are read again and set right;
                three calls a job. Otherwise a run over a fleet at rest lists the jobs, and does
                nothing else.
            upload_bucket: Where specs are uploaded that ``neoctl build`` compiled. They replace
                the fleet's own jobs. An upload
                is taken at once if the bucket sends its events to EventBridge, else by the
                schedule.
            upload_key: The object there.
            upload_variables: Values for the uploaded specs' variables that are declared late;
                tokens are allowed. Besides: what was given to ``from_specs``, and ``role`` and
                ``output``, the fleet's.
            topic: Gets changes and failures.
            event_bus: Gets the same as events, with source ``neo-as-code``.
            log_retention: How long logs are kept.
            log_encryption_key: Key for the logs. One made in this app gets the statement that
                CloudWatch Logs needs; an imported one must allow it.
            queue_encryption_key: Key of the dead-letter queue. Default: SQS's own.

        Raises:
            ConstructError: The fleet is in another stack.
        """
        super().__init__(scope, id)
        check_arguments(self.node.path, {"fleet": fleet})
        if cdk.Stack.of(self) is not cdk.Stack.of(fleet):
            raise ConstructError(
                self.node.path, "the fleet is in another stack; put the schedule into the fleet's"
            )
        mark(self.node.path, Part.SCHEDULE)
        self.fleet = fleet
        self._upload = (upload_bucket, upload_key) if upload_bucket is not None else None
        if upload_bucket is not None:
            home = home_of(cdk.Stack.of(self))
            refuse_uploads_elsewhere(self.node.path, home, bucket_facts(upload_bucket))
        self.log_group = logs.LogGroup(
            self, "Logs", retention=log_retention, encryption_key=log_encryption_key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip
        if log_encryption_key is not None:
            allow_logs(log_encryption_key, cdk.Stack.of(self))
        self.dead_letter_queue = sqs.Queue(
            self, "DeadLetters", enforce_ssl=True, encryption_master_key=queue_encryption_key,
            encryption=sqs.QueueEncryption.SQS_MANAGED if queue_encryption_key is None
            else sqs.QueueEncryption.KMS,
            retention_period=cdk.Duration.days(_KEPT_DAYS),
        )  # fmt: skip
        rights = self._rights(topic, event_bus, queue_encryption_key)
        self.role, self._policy = function_role(self, "Role", self.log_group, rights)
        self.function = self._function(refresh, topic, event_bus)
        self.rule = self._rule(schedule)
        if self._upload is not None:
            self._on_upload()
            fleet._take_uploads(*self._upload, upload_variables)
        self._order()
        fleet._go_on_after_deadline()

    @unpacked(FunctionArguments, defaults=DEFAULTS)
    def configure_functions(self, **arguments: Unpack[FunctionArguments]) -> None:
        """Decide on the network, key, runtime, concurrency and traces of the function.

        Those of a fleet's deployments have settings of their own, at ``fleet.provider``.

        Args:
            **arguments: Each by its name.

        Raises:
            ConstructError: The arguments do not go together.
        """
        resource = self.function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        function = ConfiguredFunction(resource, self._policy, has_environment=True, is_ours=True)
        vpc = configure_functions(self, [function], arguments)
        if vpc is not None:
            self.rule.node.add_dependency(vpc)

    def _rights(
        self, topic: sns.ITopic | None, bus: events.IEventBus | None, queue_key: kms.IKey | None
    ) -> list[Allow]:
        rights = list(self.fleet._rights())
        rights.append(allow(["sqs:SendMessage"], [self.dead_letter_queue.queue_arn]))
        if queue_key is not None:
            rights.append(key_use(queue_key).read_write("sqs"))
        if topic is not None:
            rights.append(allow(["sns:Publish"], [topic.topic_arn]))
            if topic.master_key is not None:
                rights.append(key_use(topic.master_key).read_write("sns"))
        if bus is not None:
            rights.append(allow(["events:PutEvents"], [bus.event_bus_arn]))
        if self._upload is not None:
            rights += upload_rights(*self._upload)
        return rights

    def _function(
        self, refresh: bool, topic: sns.ITopic | None, bus: events.IEventBus | None
    ) -> lambda_.Function:
        verifies = self.fleet.verifies
        asset = handler_asset(policy_text(self), contract.SCHEDULE_FUNCTION, verifies=verifies)
        disk = cdk.Size.mebibytes(contract.VERIFIER_DISK_MIB) if verifies else None
        code = lambda_.Code.from_asset(
            str(asset.path), asset_hash=asset.content_hash,
            asset_hash_type=cdk.AssetHashType.CUSTOM,
        )  # fmt: skip
        entry = contract.entry_point(contract.SCHEDULE_FUNCTION, contract.RECONCILE)
        return lambda_.Function(
            self, "Function", code=code, handler=entry, runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64, memory_size=MEMORY_MIB,
            ephemeral_storage_size=disk,
            timeout=cdk.Duration.minutes(_TIMEOUT_MINUTES), reserved_concurrent_executions=1,
            role=self.role.without_policy_updates(), log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.TEXT, environment=self._environment(
                refresh, topic, bus
            ),
            dead_letter_queue=self.dead_letter_queue, retry_attempts=1,
            description="Keeps a fleet of SageMaker Neo compilation jobs as declared",
        )  # fmt: skip

    def _environment(
        self, refresh: bool, topic: sns.ITopic | None, bus: events.IEventBus | None
    ) -> dict[str, str]:
        state = self.fleet.state
        given = {
            contract.ENV_OWNER: self.fleet.owner,
            contract.ENV_STACK_ID: cdk.Aws.STACK_ID,
            contract.ENV_STATE_BUCKET: bucket_facts(state.bucket).name,
            contract.ENV_STATE_PREFIX: state.prefix,
            contract.ENV_STATE_OWNER: state.bucket_owner,
            contract.ENV_REFRESH: contract.flag(refresh),
            contract.ENV_OUTPUT_OWNER: self.fleet.output_bucket_owner,
            contract.ENV_TOPIC_ARN: topic.topic_arn if topic is not None else None,
            contract.ENV_EVENT_BUS: bus.event_bus_name if bus is not None else None,
            contract.ENV_UPLOAD_BUCKET: bucket_facts(self._upload[0]).name
            if self._upload
            else None,
            contract.ENV_UPLOAD_KEY: self._upload[1] if self._upload else None,
        }
        return {name: value for name, value in given.items() if value}

    def _rule(self, schedule: events.Schedule | None) -> events.Rule:
        every = schedule or events.Schedule.rate(cdk.Duration.minutes(DEFAULT_MINUTES))
        return events.Rule(
            self, "Schedule", schedule=every, targets=[self._target()],
            description="Keeps a fleet of SageMaker Neo compilation jobs as declared",
        )  # fmt: skip

    def _target(self) -> targets.LambdaFunction:
        return targets.LambdaFunction(
            self.function, dead_letter_queue=self.dead_letter_queue, retry_attempts=2,
            max_event_age=cdk.Duration.hours(1),
        )  # fmt: skip

    def _on_upload(self) -> None:
        assert self._upload is not None
        bucket, key = self._upload
        events.Rule(
            self, "Upload", targets=[self._target()],
            event_pattern=events.EventPattern(
                source=["aws.s3"], detail_type=["Object Created"],
                detail={"bucket": {"name": [bucket_facts(bucket).name]}, "object": {"key": [key]}},
            ),
            description="Takes compiled specs as soon as they are uploaded",
        )  # fmt: skip

    def _order(self) -> None:
        """Create the function's permissions before its schedule, delete them after."""
        permissions = PolicyPack(self, "Permissions", role=self.role)
        permissions.others = 2  # its rights, and the objects that it reads
        self.fleet._on_role_passed(permissions.pass_role)
        objects = attach(
            self,
            "Objects",
            self.role,
            lambda: objects_document(self.fleet._objects(), None),
            path=self.node.path,
        )
        self.rule.node.add_dependency(self.role, self._policy.resource)
        self.rule.node.add_dependency(permissions, objects, self.fleet)
