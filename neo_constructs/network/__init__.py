"""Subnets, security groups and S3 endpoints of jobs in a VPC.

Imports: synth, iam, vocabulary, request.
"""
