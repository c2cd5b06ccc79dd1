"""CompiledModel and CompiledComponent: what a job compiled, in use. Imports job."""
