"""What is to be known of the resource types that jobs refer to: attributes, and replacement.

Source: the CloudFormation template reference, "Return values" and "Update requires: Replacement"
of each type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PHYSICAL_ID: Final = "PhysicalId"
PATH: Final = "Path"


@dataclass(frozen=True, slots=True)
class AwsResourceType:
    """A type of resources.

    Attributes:
        replaced_by: The properties whose change makes another resource.
        attributes: Fn::GetAtt's values, in Fn::Sub's notation, with ``${PhysicalId}``.
    """

    replaced_by: frozenset[str]
    attributes: Mapping[str, str] = field(default_factory=dict)


AWS_TYPES: Final[Mapping[str, AwsResourceType]] = {
    "AWS::S3::Bucket": AwsResourceType(
        frozenset({"BucketName", "BucketNamePrefix"}),
        {"Arn": f"arn:${{AWS::Partition}}:s3:::${{{PHYSICAL_ID}}}"},
    ),
    "AWS::IAM::Role": AwsResourceType(
        frozenset({"RoleName", "Path"}),
        {
            "Arn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role"
            f"${{{PATH}}}${{{PHYSICAL_ID}}}"
        },
    ),
    "AWS::KMS::Key": AwsResourceType(
        frozenset(),
        {
            "Arn": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/"
            f"${{{PHYSICAL_ID}}}",
            "KeyId": f"${{{PHYSICAL_ID}}}",
        },
    ),
    "AWS::EC2::SecurityGroup": AwsResourceType(
        frozenset({"GroupName", "GroupDescription", "VpcId"}),
        {"GroupId": f"${{{PHYSICAL_ID}}}"},
    ),
    "AWS::EC2::Subnet": AwsResourceType(
        frozenset({"AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"}),
        {"SubnetId": f"${{{PHYSICAL_ID}}}"},
    ),
    "AWS::EC2::VPC": AwsResourceType(
        frozenset({"CidrBlock", "InstanceTenancy"}), {"VpcId": f"${{{PHYSICAL_ID}}}"}
    ),
}
