"""CloudFormation types that MiniStack lacks and examples need, for as far as they can be honest.

    registry    teaches MiniStack's CloudFormation the types
    hosting     AWS::SageMaker::Model, EndpointConfig and Endpoint, made by the endpoint's own calls
    greengrass  AWS::GreengrassV2::ComponentVersion: checked and kept; no core device ever gets it

Runs inside MiniStack's process, before it starts.
"""
