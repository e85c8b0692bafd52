"""One file a rule: a prohibition or a basis as an expression over rows."""
