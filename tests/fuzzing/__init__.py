"""Inputs that grow towards code that no input has reached yet."""
