"""What is changed in MiniStack, which runs behind the guard. Its version is pinned.

one_secret     every credential that it issues has the secret of this instance
job_roles      IAM is enforced for what a compilation job does with its role
managed_keys   the keys that AWS manages, such as alias/aws/s3
function_logs  the last log lines of an invocation are not lost on a busy machine
"""
