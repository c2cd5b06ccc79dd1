"""What ``neoctl doctor`` looks at: an account, and what specs need of it."""
