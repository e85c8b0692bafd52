"""One package each: inputs to artifact, and answers from it."""
