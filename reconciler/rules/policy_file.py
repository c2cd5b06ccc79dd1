"""The name that an organisation's policy has inside the Lambda's asset, for both who packs it and
who reads it.
"""

from typing import Final

POLICY_FILE: Final = "organisation_policy.json"
