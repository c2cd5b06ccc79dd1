"""The long run: random histories by the ten thousand, every order of calls, every instant.

`make long-run` plays it and writes benchmarks/results/long-run.json; docs/proof.md explains it.
"""
