"""The rules, a family in a file: codes, slugs and checks here, their pages beside them."""
