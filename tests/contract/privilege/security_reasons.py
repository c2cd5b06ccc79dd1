"""Why each right is there: what docs/security.md says."""

from __future__ import annotations

from typing import Final

# Beginning of the action, what the resource holds, and why; the first that fits counts.
REASONS: Final = (
    ("logs:CreateLogGroup", "Endpoints", "serving: the endpoint's log"),
    ("logs:CreateLogStream", "Endpoints", "serving: the endpoint's log"),
    ("logs:PutLogEvents", "Endpoints", "serving: the endpoint's log"),
    ("logs:", "/aws/sagemaker/CompilationJobs", "Neo's log, whose group an account's first job "
     "makes; streams are named after jobs"),
    ("logs:", "Logs", "Lambda writes the function's own log; no function can make a group"),
    ("sagemaker:CreateCompilationJob", "OWNER", "a declared job that is missing is made"),
    ("sagemaker:AddTags", "OWNER", "CreateCompilationJob asks for it, since jobs are made with "
     "tags; changed tags are set in place"),
    ("sagemaker:DeleteTags", "OWNER", "a tag that is no longer declared goes"),
    ("sagemaker:ListTags", "OWNER", "whose a job is, before it is touched"),
    ("sagemaker:DescribeCompilationJob", "OWNER", "how a job is doing"),
    ("sagemaker:StopCompilationJob", "OWNER", "a live job that nobody declares is stopped"),
    ("sagemaker:DeleteCompilationJob", "OWNER", "finished records go with their declaration"),
    ("sagemaker:ListCompilationJobs", "*", "**star**: jobs of ours that no name is known of; the "
     "API has no narrower resource"),
    ("sagemaker:DescribeModelPackage", "model-package", "Neo reads the package that is compiled"),
    ("iam:PassRole", "Role", "the job's role, by name, to sagemaker.amazonaws.com alone"),
    ("cloudformation:DescribeStacks", "stack", "the fence: nothing is done in a phase that is "
     "over"),
    ("cloudformation:ListStackResources", "stack", "nothing that a resource of the stack holds is "
     "stopped or deleted"),
    ("s3:GetObject", "OWNER-*", "HeadObject: COMPLETED counts only with its artifact"),
    ("s3:GetObject", "/m.tar.gz", "the model: Neo reads it; the function looks up the content "
     "that is declared"),
    ("s3:GetObject", "cdk-hnb659fds-assets", "the fleet's own document of jobs"),
    ("s3:GetObject", "Git", "specs that are uploaded"),
    ("s3:GetObject", "value-of", "serving: the one job's artifact"),
    ("s3:", "/neo-fleets/OWNER", "the fleet's state: pointer, lease, manifest"),
    ("s3:ListBucket", "", "S3 tells what is missing from what is denied only to those who may "
     "list"),
    ("s3:GetBucketLocation", "", "Neo compares the bucket's region with the job's"),
    ("s3:AbortMultipartUpload", "", "an upload in parts that fails is cleaned up"),
    ("s3:PutObject", "OWNER-*", "Neo writes artifacts, into folders named after this owner's jobs"),
    ("kms:DescribeKey", "", "Neo looks at the key of the artifact"),
    ("kms:", "TopicKey", "telling through an encrypted topic, for SNS alone"),
    ("kms:", "QueueKey", "lost events into an encrypted queue, for SQS alone"),
    ("kms:", "StateKey", "the fleet's encrypted state, through S3 alone"),
    ("kms:Decrypt", "InKey", "the encrypted model, through S3 alone"),
    ("kms:Decrypt", "GitKey", "encrypted uploads, through S3 alone"),
    ("kms:", "Key", "the encrypted artifact, through S3 alone; uploads in parts decrypt too"),
    ("ec2:", "*", "**star**: network interfaces of a job in a VPC (developer guide, \"Neo VPC\"); "
     "only with `vpc`"),
    ("ecr:GetAuthorizationToken", "*", "**star**: pulling the serving image; the API has no "
     "narrower resource"),
    ("ecr:", "repository", "the serving image, in an account of AWS's own in each region"),
    ("lambda:InvokeFunction", ":*", "CDK's waiter calls the framework's function (CDK adds its "
     "versions)"),
    ("lambda:InvokeFunction", "framework", "CDK's waiter calls the framework's function"),
    ("lambda:InvokeFunction", "", "the framework calls the function that it is for, and no other"),
    ("lambda:GetFunction", "", "the framework waits until that function can be called"),
    ("states:StartExecution", "", "the framework starts its waiter"),
    ("sns:Publish", "Topic", "changes and failures are reported"),
    ("events:PutEvents", "Bus", "changes and failures are reported"),
    ("sqs:SendMessage", "DeadLetters", "Lambda keeps an event that it could not deliver"),
)  # fmt: skip
