"""The pages about the Sendblue account."""

from __future__ import annotations

from django.urls import path

from webhooks_admin.views import events, subscriptions

app_name = "webhooks_admin"
urlpatterns = [
    path("", subscriptions.subscriptions, name="subscriptions"),
    path("connection/", subscriptions.connection, name="connection"),
    path("events/", events.events, name="events"),
    path("events/<int:pk>/", events.event, name="event"),
    path("replays/", events.replays, name="replays"),
    path("replays/<int:pk>/", events.replay, name="replay"),
    path("replays/<int:pk>/run/", events.run, name="run"),
    path("replays/<int:pk>/cancellation/", events.cancellation, name="cancellation"),
]
