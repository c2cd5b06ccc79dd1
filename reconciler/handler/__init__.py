"""The Lambda functions of the custom resources and of the schedule.

``lambda_function`` and ``fleet_function`` hold the two entry points that CDK's Provider framework
calls, the ``service`` of ``job`` and ``fleet`` what they do. ``on_event`` changes nothing.
``is_complete`` is polled until the operation has ended; it makes every change, and each call starts
from what the account then shows. ``cfn`` is what all custom resources need.
"""
