"""One file a recogniser: texts to where persons, places and organisations stand in them.

A recogniser is a module with `find(texts, where) -> table[row, start, end, kind]`: `texts` string[R] without null, `where` what follows the
colon in the step's parameter `recogniser`, row the place in `texts`, start and end in characters, kind person, place or organisation.
It loads what it needs once a process. It may have `check(where)`, which refuses cheaply what could not work, and `revision(where)`: which
version of a model on a hub is here, empty if none is.
"""
