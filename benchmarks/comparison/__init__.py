"""The same users, siblings and faults through three handlers: `make compare`.

docs/comparison.md explains the figures, which are kept in benchmarks/results/comparison.json.
"""
