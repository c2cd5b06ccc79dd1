"""CompilationJob and CompilationMatrix. Public constructs: imports every floor below."""
