"""The whole site on one screen."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("hooks/", include("webhooks_admin.hook_urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("inbox.urls")),
]
