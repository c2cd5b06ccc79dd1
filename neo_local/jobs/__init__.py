"""Compilation jobs of the embedded endpoint: their records, their queue, their processes."""
