"""The settings of the project, with what only makes tests slow taken out."""

from __future__ import annotations

from sendblue_inbox.settings import *  # noqa: F403
from sendblue_inbox.settings import STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
