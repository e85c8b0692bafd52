"""Train, adapt, generate, score; the only home of torch."""
