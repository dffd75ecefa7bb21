"""The addresses that Sendblue calls."""

from __future__ import annotations

from django.urls import path

from webhooks_admin.views import hooks

app_name = "hooks"
urlpatterns = [
    path("sendblue/status/<str:token>/", hooks.status, name="status"),
    path("sendblue/<str:kind>/", hooks.event, name="event"),
]
