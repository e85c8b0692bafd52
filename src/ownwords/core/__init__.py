"""The words all parts share: schemas, purposes, permits, datasets, errors, clock, workspace."""
