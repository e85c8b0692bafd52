"""One file a step: dataset to dataset."""
