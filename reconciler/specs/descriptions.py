"""What each key of a spec means: for editors, by way of the JSON schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

DESCRIPTIONS: Final = MappingProxyType(
    {
        "apiVersion": "The version of this file's language: neo-as-code/v1.",
        "owner": "Whose jobs these are: 3 to 20 lower-case letters and digits. All job names "
        "begin with it, and nothing of another owner is ever touched.",
        "region": "The AWS region that the jobs run in; rules that depend on it are then checked.",
        "variables": "Values from outside: by --var name=value, --var-file, the environment "
        "(NEO_VAR_name), or the default here. Used as ${var.name}.",
        "default": "The variable's value if nothing else gives one.",
        "description": "What the variable is for.",
        "late": "The value is known only at deployment; `neoctl build` leaves a placeholder.",
        "defaults": "What all jobs have in common. Models and targets may say otherwise.",
        "targets": "What to compile for: devices (ml_c5), platforms (LINUX/ARM64/NVIDIA), or maps. "
        "At the top for all models; in a model instead of those.",
        "models": "The models to compile, by name.",
        "exclude": "Targets from the top that this model is not compiled for, by name.",
        "overrides": "What is different for this model on one target, by the target's name.",
        "suppress": "Rules that are not to be reported here, each with a reason.",
        "code": "The rule's code, such as NEO307.",
        "reason": "Why the rule does not apply here.",
        "name": "The target's name in job names and overrides; its device or platform if left out.",
        "revision": "A version of the model (an object version, a digest). Another revision is "
        "another job, even when nothing else has changed.",
        "exactOutput": "Write to S3OutputLocation as it is. Otherwise each generation of a job "
        "gets a folder of its own below it, so that none overwrites another's artifact.",
        "RoleArn": "The role that Neo takes to read the model and to write the artifact.",
        "S3Uri": "The model: one .tar.gz archive in S3, in the region of the job.",
        "ModelPackageVersionArn": "A model package version to compile, instead of S3Uri.",
        "Framework": "The framework that the model was trained with.",
        "FrameworkVersion": "Its version. Only for MXNET, PYTORCH, TENSORFLOW and TFLITE.",
        "DataInputConfig": "Name and shape of every input: {input0: [1, 3, 224, 224]}. NCHW for "
        "PyTorch, MXNet, ONNX, Keras and Darknet, NHWC for TensorFlow and TFLite. PyTorch also "
        "takes a list of shapes; Core ML takes maps with shape, default_shape, type, bias, scale.",
        "S3OutputLocation": "The S3 prefix that the artifact is written below.",
        "TargetDevice": "The device, or the instance family, to compile for.",
        "TargetPlatform": "The platform to compile for, where no TargetDevice fits.",
        "Os": "The operating system.",
        "Arch": "The architecture of the processor.",
        "Accelerator": "The accelerator, if there is one.",
        "CompilerOptions": "Options for the compiler. NVIDIA platforms need gpu-code, trt-ver and "
        "cuda-ver; Android takes ANDROID_PLATFORM; Inferentia takes its flags as text.",
        "KmsKeyId": "The KMS key that the artifact is encrypted with: id, ARN, alias or alias ARN.",
        "VpcConfig": "The network that the job runs in.",
        "SecurityGroupIds": "1 to 5 security groups.",
        "Subnets": "1 to 16 subnets of one VPC; they need a gateway endpoint for S3.",
        "StoppingCondition": "How long the job may run. Without it, MaxRuntimeInSeconds is 15m.",
        "MaxRuntimeInSeconds": "The longest run time: seconds, or a duration such as 15m.",
        "MaxWaitTimeInSeconds": "For managed spot training; Neo drops it.",
        "MaxPendingTimeInSeconds": "The longest time before the job starts; accelerated instances.",
        "Tags": "Tags of the job: a map of keys to values.",
    }
)

POLICY_DESCRIPTIONS: Final = MappingProxyType(
    {
        "requireKmsKey": "Every job names a KMS key.",
        "requireVpc": "Every job runs in a VPC.",
        "inputPrefixes": "S3 prefixes below which models lie: s3://bucket/prefix/.",
        "outputPrefixes": "S3 prefixes below which artifacts go.",
        "roles": "ARNs of the roles that jobs may take; * stands for anything but / and :.",
        "kmsKeys": "KMS keys, as requests name them; * stands for anything but / and :.",
        "subnets": "Subnets that jobs may run in.",
        "securityGroups": "Security groups that jobs may have.",
        "devices": "Values of TargetDevice that may be compiled for.",
        "platforms": "Platforms that may be compiled for: OS/ARCH or OS/ARCH/ACCELERATOR.",
        "regions": "Regions that jobs may run in.",
        "requiredTags": "Keys of tags that every job has, with the values allowed (none: any).",
        "maxRuntimeSeconds": "The highest MaxRuntimeInSeconds of a job, in seconds.",
    }
)
