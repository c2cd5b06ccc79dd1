"""Findings as text for people, and as JSON, GitHub annotations, SARIF and JUnit for machines."""
