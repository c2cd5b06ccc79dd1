"""The Lambda functions of the custom resources and of the schedule.

``lambda_function`` holds the two entry points that CDK's Provider framework calls, ``service``
what they do. ``on_event`` changes nothing. ``is_complete`` is called again and again until it is
done; it makes every change, and each call starts from what the account then shows.
"""
