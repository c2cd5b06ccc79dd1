"""A platform team's app: its models, compiled for its devices by Amazon SageMaker Neo.

It deploys as it is: one stack with an encrypted, versioned output bucket, a KMS key, a VPC of
isolated subnets with an S3 gateway endpoint, and one compilation job per model and target.

Every choice can be changed on the command line, as CDK context (`cdk deploy -c key=value`):

=============================  =====================================================  ============
key                            value                                                  default
=============================  =====================================================  ============
``models``                     folder of model files; `NAME.onnx` (or .tflite, .pt,   examples/models
                               .h5, .pb) is one model called NAME. Its input shapes
                               are read from `NAME.inputs.json` beside it, the
                               service's DataInputConfig: {"data_0": [1, 3, 224, 224]}
``targets``                    comma-separated target devices (`ml_c5`) and platforms  ml_c5,LINUX_ARM64,
                               (`OS_ARCH` or `OS_ARCH_ACCELERATOR`: `LINUX_ARM64`)    LINUX_ARM_EABIHF
``inputs.NAME``                input shapes of model NAME as JSON, instead of the
                               file's: recompiles NAME for every target
``inputs.NAME.TARGET``         the same for one job alone: recompiles only that one
``broken``                     `true` adds one job more that Neo accepts and then
                               fails (job `Broken`: the first model under an input
                               name that it does not have)
``stack``                      name of the stack                                      NeoModels
``wait``                       `false`: a deploy ends when the jobs are accepted      true
=============================  =====================================================  ============

Outputs of the stack, two for each job (`Squeezenet` x `ml_c5`): `SqueezenetMlC5JobName`, the
compilation job, and `SqueezenetMlC5Artifact`, the s3:// URI of what it compiled.
"""
