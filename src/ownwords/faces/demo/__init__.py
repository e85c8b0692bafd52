"""Kentong, a village network that does not exist: its people, their words in real export formats, its policies, and the story."""
