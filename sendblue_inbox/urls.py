"""The whole site on one screen."""

from __future__ import annotations

from django.urls import include, path

from sendblue_inbox import views

urlpatterns = [
    path("up", views.up, name="up"),
    path("ready", views.ready, name="ready"),
    path("hooks/", include("webhooks_admin.hook_urls")),
    path("contacts/", include("contacts.urls")),
    path("webhooks/", include("webhooks_admin.urls")),
    path("totp/", include("webhooks_admin.totp_urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("inbox.urls")),
]
