"""The smallest Django that can answer: the project's database and pool, and no middleware."""

from __future__ import annotations

from sendblue_inbox.settings import *  # noqa: F403

INSTALLED_APPS = []
MIDDLEWARE = []
ROOT_URLCONF = "bench.floor"
