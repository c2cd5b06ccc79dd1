"""Options that verbs share, and what becomes of them."""
