"""Parse, call one verb, print: command line, HTTP, demo."""
