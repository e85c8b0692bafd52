"""Run steps here, on Polars."""
