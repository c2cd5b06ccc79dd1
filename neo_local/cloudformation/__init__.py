"""What MiniStack's CloudFormation lacks, for as far as it can be honest.

    registry    teaches MiniStack's CloudFormation the types that examples need
    hosting     AWS::SageMaker::Model, EndpointConfig and Endpoint, made by the endpoint's own calls
    progress    resources are listed as in progress while they are created and changed
    greengrass  AWS::GreengrassV2::ComponentVersion: checked and kept; no core device ever gets it

Runs inside MiniStack's process, before it starts.
"""
