"""What knows jsii and the CDK's internals, and nothing of Neo.

Imports: aws_cdk, jsii and the standard library only.
"""
