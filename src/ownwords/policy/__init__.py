"""The gate: policy files, rules and what they decide for every row."""
