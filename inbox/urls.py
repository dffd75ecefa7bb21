"""The addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from inbox.views import live

app_name = "inbox"
urlpatterns = [
    path("events/", live.events, name="events"),
]
