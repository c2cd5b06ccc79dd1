"""What each key of a spec means: for editors, by way of the JSON schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.core.fields import FIELDS, STRUCTURES

DESCRIPTIONS: Final = MappingProxyType(
    {
        "apiVersion": "The version of this file's language: neo-as-code/v1.",
        "owner": "Owner of the jobs: 3 to 20 lower-case letters and digits. All job names "
        "begin with it, and jobs of other owners are never touched.",
        "region": "The AWS region that the jobs run in; rules that depend on it are then checked.",
        "account": "The account that the jobs run in, 12 digits; with credentials of another one "
        "nothing is done.",
        "assumeRole": "ARN of the IAM role that neoctl assumes to work in that account.",
        "variables": "Values from outside: by --var name=value, --var-file, the environment "
        "(NEO_VAR_name), or the default here. Used as ${var.name}.",
        "default": "The variable's value if nothing else gives one.",
        "description": "What the variable is for.",
        "late": "The value is known only at deployment; `neoctl build` leaves the reference.",
        "defaults": "Defaults of all jobs. Models and targets may override them.",
        "targets": "Targets to compile for: devices (ml_c5), platforms (LINUX/ARM64/NVIDIA), "
        "maps. At the top for all models; in a model instead of those.",
        "models": "The models to compile, by name.",
        "exclude": "Targets from the top that this model is not compiled for, by name.",
        "overrides": "What is different for this model on one target, by the target's name.",
        "suppress": "Rules to suppress here, each with a reason.",
        "code": "The rule's code, such as NEO307.",
        "reason": "Why the rule does not apply here.",
        "name": "The target's name in job names and overrides; its device or platform if left out.",
        "revision": "A version of the model (an object version, a digest). Another revision is "
        "another job, even when nothing else has changed.",
        "exactOutput": "Write to S3OutputLocation as it is. Otherwise each generation of a job "
        "gets a folder of its own below it, so that none overwrites another's artifact.",
        "existingJob": "The name of a job that was made by other means, for this model and target. "
        "It is kept while it is as declared here, and never stopped, deleted or retagged.",
        "device": "What is installed on the device, for `neoctl verify`; it changes no request.",
        "glibc": "Version of the GNU C library, such as 2.31.",
        "libstdcxx": "Newest GLIBCXX version of libstdc++, such as 3.4.28.",
        "runtime": "Name and version of the model runtime, such as dlr-1.10.",
        "jetpack": "Version of NVIDIA's JetPack, such as 4.6.",
        "libraries": "Sonames of further libraries, such as libgomp.so.1.",
        **{
            each.path.rpartition(".")[2]: each.description
            for each in (*FIELDS, *STRUCTURES)
            if each.description
        },
    }
)

POLICY_DESCRIPTIONS: Final = MappingProxyType(
    {
        "requireKmsKey": "Every job names a KMS key.",
        "requireVpc": "Every job runs in a VPC.",
        "inputPrefixes": "S3 prefixes below which models lie: s3://bucket/prefix/.",
        "outputPrefixes": "S3 prefixes below which artifacts go.",
        "modelPackages": "ARNs of model package versions; * as in roles. Absent: none, if there "
        "are inputPrefixes.",
        "roles": "ARNs of the roles that jobs may take; * stands for anything but / and :.",
        "kmsKeys": "KMS keys, as requests name them; * stands for anything but / and :.",
        "subnets": "Subnets that jobs may run in.",
        "securityGroups": "Security groups that jobs may have.",
        "devices": "Values of TargetDevice that may be compiled for.",
        "platforms": "Platforms that may be compiled for: OS/ARCH or OS/ARCH/ACCELERATOR.",
        "regions": "Regions that jobs may run in.",
        "requiredTags": "Keys of tags that every job has, with the values allowed (none: any).",
        "maxRuntimeSeconds": "The highest MaxRuntimeInSeconds of a job, in seconds.",
        "maxWaitTimeSeconds": "The highest MaxWaitTimeInSeconds of a job, in seconds.",
    }
)
