"""Benchmarks: the engine beside the same pages written by hand, over the same rows, in one run."""
