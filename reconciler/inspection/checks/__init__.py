"""What is found in an archive and its models, and how a request compares with it."""
