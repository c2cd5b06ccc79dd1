"""What a job may do in the rest of the account: its role, network and keys, looked up in MiniStack.

trust     whether a role's trust policy lets SageMaker assume it
roles     the roles of the account, found and assumed
network   a job's subnets and security groups
clients   boto3's clients of MiniStack
opening   a job's storage, opened with its role
"""
