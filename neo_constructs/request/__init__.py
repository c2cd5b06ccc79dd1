"""From the arguments of a construct to the properties of its custom resource.

The only place where arguments become a CreateCompilationJob request. Imports: synth, iam,
vocabulary; of reconciler only specs, rules and core.
"""
