"""The addresses of one-time codes."""

from __future__ import annotations

from django.urls import path

from webhooks_admin.views import totp

app_name = "totp"
urlpatterns = [
    path("", totp.secrets, name="secrets"),
    path("new/", totp.new, name="new"),
    path("<str:secret_id>/code/", totp.code, name="code"),
    path("<str:secret_id>/deletion/", totp.deletion, name="deletion"),
    path("<str:secret_id>/access/", totp.access, name="access"),
    path("<str:secret_id>/log/", totp.log, name="log"),
]
