"""What neoctl knows about rules and failures: a page for each."""
