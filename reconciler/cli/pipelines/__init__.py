"""What pipelines need: comments on pull requests, and the workflow files themselves."""
