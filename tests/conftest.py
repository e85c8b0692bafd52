"""For all tests: no example has a deadline, for a machine may be busy with others."""

from hypothesis import settings

settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
