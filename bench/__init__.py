"""Benchmarks: every figure of ours beside its floor, in one run. See docs/benchmarks.md."""
