"""The shape of all alarms of this library."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from neo_constructs.synth.errors import ConstructError


def alarm_from(
    scope: Construct,
    id: str,
    metric: cloudwatch.IMetric,
    description: str,
    actions: Sequence[cloudwatch.IAlarmAction],
    *,
    threshold: float = 1,
    evaluation_periods: int = 1,
) -> cloudwatch.Alarm:
    """Return an alarm at or above a threshold; missing data is not breaching."""
    for each in actions:
        if not hasattr(each, "bind"):  # a topic instead of its action, a common mistake
            raise ConstructError(
                scope.node.path,
                f"actions: {each!r} is not an alarm action; allowed is a cloudwatch.IAlarmAction, "
                "such as aws_cloudwatch_actions.SnsAction(topic)",
            )
    alarm = cloudwatch.Alarm(
        scope,
        id,
        metric=metric,
        threshold=threshold,
        evaluation_periods=evaluation_periods,
        alarm_description=description,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    if actions:
        alarm.add_alarm_action(*actions)
    return alarm
