"""What rule packs find in resources of the examples' and app.py's own, each with its reason.

Examples show one thing each, as small as it can be; what an app makes itself is the app's to
harden, and `AcknowledgedFindings` never answers for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Findings in one example's resources.

    Attributes:
        place: What construct paths match.
        rules: What rules' names match.
    """

    example: str
    place: str
    rules: str
    why: str

    def answers(self, example: str, rule: str, place: str) -> bool:
        """Whether a finding is one of these."""
        return (
            self.example in ("", example)
            and re.search(self.place, place) is not None
            and re.search(self.rules, rule) is not None
        )


_S3: Final = "AwsSolutions-S1|S3Bucket(Logging|Replication)|S3DefaultEncryptionKMS"
_PIPELINE: Final = "^Platform/Pipeline/"
EXAMPLES_OWN: Final = (
    Acknowledged(
        "", "/(Artifacts|Models|Uploads)/Resource$", f"{_S3}|S3BucketVersioning",
        "An example's bucket: access logs and replicas go to buckets that a platform has; what is "
        "compiled can be compiled again.",
    ),
    Acknowledged(
        "app", "^NeoModels/Compiled/", "AwsSolutions-S1|S3Bucket(Logging|Replication)",
        "Access logs and replicas go to buckets that a platform has; what is compiled can be "
        "compiled again.",
    ),
    Acknowledged(
        "app", "^NeoModels/Network/", "VPC7|VPCFlowLogs|VPCDefaultSecurityGroup",
        "A network without flow logs: it has no way out but the S3 endpoint.",
    ),
    Acknowledged(
        "04_vpc_only", "^VpcOnly/Network/", "VPC7|VPCFlowLogs|VPCDefaultSecurityGroup",
        "The example's network, without flow logs: it has no way out but the S3 endpoint.",
    ),
    Acknowledged(
        "05_endpoint", "^Endpoint/Configuration$", "EndpointConfigurationKMSKey",
        "The example's endpoint has no storage volume that a key would encrypt.",
    ),
    Acknowledged(
        "06_greengrass", "^Greengrass/Devices/DefaultPolicy/", "IAM5|IAMNoInlinePolicy",
        "The devices' role is the example's; `grant_read_artifacts` is CDK's `grant_read`, of one "
        "job's folder.",
    ),
    Acknowledged(
        "11_gitops", "^GitOps/Changes/", "SNSEncryptedKMS",
        "The example's topic tells names and counts; give it a master_key.",
    ),
    Acknowledged(
        "11_gitops", "^GitOpsBuckets/(BucketNotificationsHandler|Uploads/Notifications/)",
        "IAM4|IAM5|IAMNoInlinePolicy|L1|Lambda",
        "CDK's own function, which it makes for a bucket that sends its events to EventBridge.",
    ),
    Acknowledged(
        "12_platform", _PIPELINE, f"IAM5|IAMNoInlinePolicy|CodeBuild|{_S3}|S3BucketVersioning",
        "Made by CDK Pipelines.",
    ),
)  # fmt: skip
