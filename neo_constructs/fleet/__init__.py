"""CompilationFleet and ContinuousReconciliation. Public constructs: imports every floor below."""
