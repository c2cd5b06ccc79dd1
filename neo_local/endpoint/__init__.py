"""The Neo-compatible SageMaker endpoint: the protocol, the operations, the switches."""
