"""The local compiler: what runs inside a job's own process, without network or credentials."""
