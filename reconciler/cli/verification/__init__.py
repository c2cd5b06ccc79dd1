"""`neoctl verify`: what each argument stands for, and what is reported of it."""
