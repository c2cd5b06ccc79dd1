"""Reasons for what rule packs find in this library's resources, by resource type and rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from neo_constructs.governance.parts import Part

_WAITED_FOR: Final = (
    "Called by CloudFormation's operation, which waits for the answer and shows every failure; an "
    "event that is left over would be acted on too late."
)
_FEW_CALLS: Final = "One call per resource and 20 seconds; a limit would only delay deployments."
_PUBLIC_APIS: Final = "Calls the APIs of SageMaker, CloudFormation and S3 alone, by HTTPS."
_FRAMEWORK: Final = "Made by CDK's provider framework, which has no option for it."
_TRACED: Final = "Every step is in the log as one JSON line; a trace would add nothing to it."

# Packs give some rules two names.
_PROVIDER: Final = {
    "AWS::Lambda::Function": {
        "AwsSolutions-L1": "Python 3.13 is what the tests run; it is supported.",
        "Serverless-LambdaLatestVersion": "Python 3.13 is what the tests run; it is supported.",
        "Serverless-LambdaDefaultMemorySize": _FRAMEWORK,
        "Serverless-LambdaTracing": _TRACED,
        "Serverless-LambdaDLQ": _WAITED_FOR,
        "NIST.800.53.R5-LambdaConcurrency": _FEW_CALLS,
        "NIST.800.53.R5-LambdaDLQ": _WAITED_FOR,
        "NIST.800.53.R5-LambdaInsideVPC": _PUBLIC_APIS,
        "HIPAA.Security-LambdaConcurrency": _FEW_CALLS,
        "HIPAA.Security-LambdaDLQ": _WAITED_FOR,
        "HIPAA.Security-LambdaInsideVPC": _PUBLIC_APIS,
    },
    "AWS::StepFunctions::StateMachine": {
        "AwsSolutions-SF1": "Its log would hold CloudFormation's response URL, a credential.",
        "AwsSolutions-SF2": _FRAMEWORK,
        "Serverless-StepFunctionStateMachineXray": _FRAMEWORK,
    },
    "AWS::Logs::LogGroup": {
        "NIST.800.53.R5-CloudWatchLogGroupEncrypted": (
            "Encrypted with a key of CloudWatch's own; holds names and states of jobs, no data."
        ),
        "HIPAA.Security-CloudWatchLogGroupEncrypted": (
            "Encrypted with a key of CloudWatch's own; holds names and states of jobs, no data."
        ),
    },
}
INLINE: Final = {
    "NIST.800.53.R5-IAMNoInlinePolicy": "A policy of one role alone, which goes with it.",
    "HIPAA.Security-IAMNoInlinePolicy": "A policy of one role alone, which goes with it.",
}
_OWN_BUCKET: Final = "The default bucket is a plain one; give output_bucket for another."
DEFAULT_BUCKET: Final = {
    "AwsSolutions-S1": _OWN_BUCKET,
    "NIST.800.53.R5-S3BucketLoggingEnabled": _OWN_BUCKET,
    "NIST.800.53.R5-S3BucketReplicationEnabled": "Artifacts can be compiled again from the model.",
    "NIST.800.53.R5-S3DefaultEncryptionKMS": _OWN_BUCKET,
    "HIPAA.Security-S3BucketLoggingEnabled": _OWN_BUCKET,
    "HIPAA.Security-S3BucketReplicationEnabled": "Artifacts can be compiled again from the model.",
    "HIPAA.Security-S3DefaultEncryptionKMS": _OWN_BUCKET,
}
# Why a permission has a wildcard resource, by one of its actions.
STARS: Final = {
    "ecr:BatchGetImage": "Serving images are in accounts of AWS's own, another in each region.",
    "ecr:GetAuthorizationToken": "The API has no narrower resource.",
    "ec2:CreateNetworkInterface": "EC2 takes no narrower resource for what a VPC job needs.",
    "kms:Decrypt": "One key, or the keys of one alias, through S3 alone.",
    "lambda:InvokeFunction": _FRAMEWORK,
    "logs:CreateLogGroup": "SageMaker's own log group, named after a job or an endpoint.",
    "logs:CreateLogDelivery": "Step Functions delivers to a log by APIs of no narrower resource.",
    "s3:AbortMultipartUpload": "Artifacts of this stack's jobs, whose folders have its prefix.",
    "s3:DeleteObject": "The fleet's own state, whose folder is called as its owner.",
    "s3:GetObject": "Artifacts of this stack's jobs, whose folders have its prefix; or of one job.",
    "sagemaker:CreateCompilationJob": "This stack's jobs, whose names have its prefix.",
    "sagemaker:ListCompilationJobs": "The API has no narrower resource.",
    "xray:PutTraceSegments": "The API has no narrower resource.",
}

_REGIONAL: Final = "Calls the APIs of SageMaker, CloudFormation, S3 and SNS alone, by HTTPS."
_RUNTIME: Final = "Python 3.13 is what the tests run; it is supported."
_LOGS: Final = "log_encryption_key gives it a key; holds names and states of jobs, no data."
_STATE: Final = "Holds names and states of jobs, which the service tells again; give state_bucket."
_FUNCTION: Final = {
    "AwsSolutions-L1": _RUNTIME,
    "Serverless-LambdaLatestVersion": _RUNTIME,
    "Serverless-LambdaTracing": _TRACED,
    "NIST.800.53.R5-LambdaInsideVPC": _REGIONAL,
    "HIPAA.Security-LambdaInsideVPC": _REGIONAL,
}
_LOG_GROUP: Final = {
    "NIST.800.53.R5-CloudWatchLogGroupEncrypted": _LOGS,
    "HIPAA.Security-CloudWatchLogGroupEncrypted": _LOGS,
}
BY_TYPE: Final[Mapping[Part, Mapping[str, Mapping[str, str]]]] = {
    Part.PROVIDER: _PROVIDER,
    Part.SCHEDULE: {
        "AWS::Lambda::Function": _FUNCTION,
        "AWS::Logs::LogGroup": _LOG_GROUP,
        "AWS::Lambda::EventInvokeConfig": {
            "Serverless-LambdaAsyncFailureDestination": "Its dead-letter queue takes what fails.",
        },
        "AWS::SQS::Queue": {
            "Serverless-SQSRedrivePolicy": "It is a dead-letter queue itself.",
        },
    },
    Part.STATE: {
        "AWS::S3::Bucket": {
            "AwsSolutions-S1": _STATE,
            "NIST.800.53.R5-S3BucketLoggingEnabled": _STATE,
            "NIST.800.53.R5-S3BucketReplicationEnabled": _STATE,
            "NIST.800.53.R5-S3DefaultEncryptionKMS": _STATE,
            "HIPAA.Security-S3BucketLoggingEnabled": _STATE,
            "HIPAA.Security-S3BucketReplicationEnabled": _STATE,
            "HIPAA.Security-S3DefaultEncryptionKMS": _STATE,
        },
    },
}
