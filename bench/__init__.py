"""Benchmarks: CPU time per operation, beside a peer or a floor measured in the same run."""
