"""The project's settings, with the static files of a benchmark kept out of the checkout."""

from __future__ import annotations

from sendblue_inbox.settings import *  # noqa: F403
from sendblue_inbox.settings import DATA_DIR

STATIC_ROOT = DATA_DIR / "staticfiles"
