"""Iterations: value, modified policy and policy iteration, on sweeps over whole periods."""
