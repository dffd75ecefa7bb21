"""The settings of the tests, for a web server that has no collected static files."""

from __future__ import annotations

from tests.settings import *  # noqa: F403

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # somebody may be at work on them right now
