"""The pages about the Sendblue account."""

from __future__ import annotations

from django.urls import path

from webhooks_admin.views import subscriptions

app_name = "webhooks_admin"
urlpatterns = [
    path("", subscriptions.subscriptions, name="subscriptions"),
    path("connection/", subscriptions.connection, name="connection"),
]
