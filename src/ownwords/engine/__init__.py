"""Run steps: here, on Polars, or on a Ray cluster."""
