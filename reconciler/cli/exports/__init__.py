"""Declared jobs in the forms of other tools: AWS CLI commands, a CDK app, a template."""
