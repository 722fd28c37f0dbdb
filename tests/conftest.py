"""Fixtures that every test may ask for."""

from hypothesis import settings

settings.register_profile("jiesu", deadline=None)  # a busy machine is not a bug
settings.load_profile("jiesu")

pytest_plugins = [
    "tests.sharing",
    "tests.postgres",
    "tests.stage",
    "tests.buckets",
    "tests.city.town",
    "tests.telephone.exchange",
]
