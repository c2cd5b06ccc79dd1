"""The code of one stack of an exported CDK app: one CompilationJob for each declared job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, NamedTuple

from reconciler.core.canonical import parsed
from reconciler.core.contract import IAM_LAG, MAX_DEADLINE
from reconciler.core.declaration import Declaration
from reconciler.core.fields import (
    COMPILER_OPTIONS,
    DATA_INPUT_CONFIG,
    DEFAULT_MAX_RUNTIME,
    FIELDS,
    FRAMEWORK,
    KMS_KEY,
    MAX_PENDING,
    MODEL_PACKAGE,
    S3_URI,
    SECURITY_GROUPS,
    SUBNETS,
    TARGET_DEVICE,
    TARGET_PLATFORM,
    Kind,
)
from reconciler.core.request import JobRequest

_DURATIONS: Final = {each.argument: each.path for each in FIELDS if each.kind is Kind.SECONDS}
_STARTING: Final = timedelta(minutes=5)
"""So long a job may take to start, as the constructs count it."""


class VpcNeeded(ValueError):
    """A job runs in a VPC, whose id no request says."""


class ExportedStack(NamedTuple):
    """A stack to be written, and its jobs.

    Attributes:
        region, account: Where it is deployed, as far as the specs say so.
        vpc_id: The VPC of the jobs that have subnets.
    """

    declarations: Sequence[Declaration]
    region: str | None = None
    account: str | None = None
    vpc_id: str | None = None


@dataclass(slots=True)
class StackCode:
    """Writes one stack of an app.

    Attributes:
        resources: What jobs refer to: the code that makes it, by the name of its variable.
    """

    name: str
    jobs: ExportedStack
    resources: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Return the stack's code. Raises VpcNeeded."""
        jobs = [line for each in self.jobs.declarations for line in self._job(each)]
        made = [f"{name} = {code}" for name, code in self.resources.items()]
        where = {"account": self.jobs.account, "region": self.jobs.region}
        given = ", ".join(f"{name}={value!r}" for name, value in where.items() if value)
        environment = f", env=cdk.Environment({given})" if given else ""
        return "\n".join([f"stack = cdk.Stack(app, {self.name!r}{environment})", *made, *jobs])

    def _job(self, declaration: Declaration) -> Iterator[str]:
        name = declaration.logical_name
        yield ""
        if declaration.existing_job is not None:
            yield "CompilationJob.from_compilation_job_name("
            yield f"    stack, {name!r}, {declaration.existing_job!r}"
            yield ")"
            return
        tags = declaration.request.tags
        yield f"{'job = ' if tags else ''}CompilationJob("
        yield f"    stack, {name!r},"
        for argument, code in self._arguments(declaration).items():
            yield f"    {argument}={code},"
        yield ")"
        for key, value in tags:
            yield f"cdk.Tags.of(job).add({key!r}, {value!r})"

    def _arguments(self, declaration: Declaration) -> dict[str, str]:
        """Return the arguments of a job's construct, as code."""
        request = declaration.request
        bucket, _, prefix = request.output_location.removeprefix("s3://").partition("/")
        given = {
            "model": self._model(declaration),
            "framework": _call("Framework.of", request.text(FRAMEWORK)),
            "framework_version": _literal(request.text("InputConfig.FrameworkVersion")),
            "data_input_config": _document(request.text(DATA_INPUT_CONFIG)),
            "target": self._target(request.values),
            "compiler_options": _document(request.text(COMPILER_OPTIONS)),
            "output_bucket": self._bucket(bucket),
            "output_prefix": _literal(prefix.strip("/")),
            "exact_output": "True" if declaration.exact_output else "",
            "encryption_key": self._key(request.text(KMS_KEY)),
            "role": self._role(request.role_arn),
            "identity": _literal(declaration.logical_name),
            **self._network(declaration),
        }
        for argument, path in _DURATIONS.items():
            seconds = request.values.get(path)
            given[argument] = f"cdk.Duration.seconds({seconds})" if seconds else ""
        if _longest(request) > MAX_DEADLINE - IAM_LAG:  # than a deployment can wait
            given["wait"] = "False"
        return {argument: code for argument, code in given.items() if code}

    def _model(self, declaration: Declaration) -> str:
        request = declaration.request
        if (package := request.text(MODEL_PACKAGE)) is not None:
            return f"ModelArtifact.from_model_package({package!r})"
        uri = request.text(S3_URI) or ""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return f"ModelArtifact.from_bucket({self._bucket(bucket)}, {key!r}{_revision(declaration)})"

    def _target(self, values: Mapping[str, object]) -> str:
        if device := values.get(TARGET_DEVICE):
            return f"Target.device({device!r})"
        parts = (values.get(f"{TARGET_PLATFORM}.{part}") for part in ("Os", "Arch", "Accelerator"))
        return f"Target.platform({', '.join(repr(part) for part in parts if part)})"

    def _bucket(self, name: str) -> str:
        return self._resource("bucket", name, f"s3.Bucket.from_bucket_name(stack, ID, {name!r})")

    def _role(self, arn: str) -> str:
        code = f"iam.Role.from_role_arn(stack, ID, {arn!r}, mutable=False)"
        return self._resource("role", arn.rpartition("/")[2], code)

    def _key(self, key: str | None) -> str:
        if key is None:
            return ""
        alias = key.rpartition(":")[2]
        if alias.startswith("alias/"):
            code = f"kms.Alias.from_alias_name(stack, ID, {alias!r})"
        else:
            bare = f'stack.format_arn(service="kms", resource="key", resource_name={key!r})'
            arn = repr(key) if key.startswith("arn:") else bare
            code = f"kms.Key.from_key_arn(stack, ID, {arn})"
        return self._resource("key", key.rpartition("/")[2], code)

    def _network(self, declaration: Declaration) -> dict[str, str]:
        values = declaration.request.values
        subnets, groups = _texts(values.get(SUBNETS)), _texts(values.get(SECURITY_GROUPS))
        if not subnets:
            return {}
        vpc_id = self.jobs.vpc_id
        if vpc_id is None:
            raise VpcNeeded(f"{declaration.logical_name} runs in a VPC; say which by --vpc-id")
        # The zones are not known, and not needed: the job runs in its subnets.
        code = (
            f"ec2.Vpc.from_vpc_attributes(stack, ID, vpc_id={vpc_id!r}, "
            f"availability_zones=['unknown'] * {len(subnets)}, private_subnet_ids={subnets!r})"
        )
        allowed = [
            self._resource(
                "group", each, f"ec2.SecurityGroup.from_security_group_id(stack, ID, {each!r})"
            )
            for each in groups
        ]
        return {
            "vpc": self._resource("vpc", vpc_id.removeprefix("vpc-"), code),
            "security_groups": f"[{', '.join(allowed)}]",
        }

    def _resource(self, kind: str, name: str, code: str) -> str:
        """Return the variable of a resource, which is made once."""
        base = re.sub(r"[^a-z0-9]+", "_", f"{kind}_{name.lower()}").strip("_")
        variable, number = base, 2
        while self.resources.get(variable, _made(code, variable)) != _made(code, variable):
            variable, number = f"{base}_{number}", number + 1
        self.resources[variable] = _made(code, variable)
        return variable


def _longest(request: JobRequest) -> timedelta:
    """Return the longest time that a job takes, from its creation on."""
    pending, running = request.values.get(MAX_PENDING), request.max_runtime or DEFAULT_MAX_RUNTIME
    starting = timedelta(seconds=pending) if isinstance(pending, int) else _STARTING
    return max(starting, _STARTING) + timedelta(seconds=running)


def _made(code: str, variable: str) -> str:
    words = "".join(word.capitalize() for word in variable.split("_"))
    return code.replace("(stack, ID,", f"(stack, {words!r},")


def _revision(declaration: Declaration) -> str:
    revision = declaration.revision
    if revision is None:
        return ""
    if revision.startswith("version:"):
        return f", object_version={revision.removeprefix('version:')!r}"
    return f", digest={revision!r}"


def _document(text: str | None) -> str:
    """Return a JSON-valued field as the Python value that it means."""
    return "" if text is None else repr(parsed(text))


def _literal(text: str | None) -> str:
    return "" if text is None else repr(text)


def _call(function: str, argument: str | None) -> str:
    return "" if argument is None else f"{function}({argument!r})"


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - a field's value
    return list(value) if isinstance(value, tuple) else []
