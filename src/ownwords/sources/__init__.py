"""One file per format: bytes to record batches and rejects."""
