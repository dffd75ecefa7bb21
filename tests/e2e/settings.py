"""The settings of the tests, for a web server that has no collected static files."""

from __future__ import annotations

from tests import settings as of_tests
from tests.settings import *  # noqa: F403

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # somebody may be at work on them right now
# Sites that run side by side are installations of their own: long work of one never waits for the
# other's seats.
DATA_DIR = of_tests.DATA_DIR / str(of_tests.DATABASES["default"]["NAME"])
