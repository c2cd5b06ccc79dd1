"""The custom resource, proven against a model of CloudFormation in virtual time.

The Provider framework in the middle is the real JavaScript of aws-cdk-lib, run under Node;
CloudFormation, Lambda, Step Functions and SageMaker around it are models, written from what is
documented or was tried. Nothing here sleeps, and the same seed gives the same history.
"""
