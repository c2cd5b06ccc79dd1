"""A CDK app's plan: what ``cdk deploy`` of a synthesized assembly does to compilation jobs."""
