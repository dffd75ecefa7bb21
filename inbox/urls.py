"""The addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from inbox.views import evidence, live, messages, reactions, threads, triage

app_name = "inbox"
urlpatterns = [
    path("", threads.index, name="index"),
    path("events/", live.events, name="events"),
    path("resumption/", triage.resumption, name="resumption"),
    path("preferences/", triage.preferences, name="preferences"),
    path("threads/", threads.threads, name="threads"),
    path("threads/list/", threads.thread_list, name="thread_list"),
    path("threads/new/", threads.new_thread, name="new_thread"),
    path("threads/<int:pk>/", threads.thread, name="thread"),
    path("threads/<int:pk>/messages/", messages.thread_messages, name="messages"),
    path("threads/<int:pk>/changes/", messages.changes, name="changes"),
    path("threads/<int:pk>/reactions/", reactions.reactions, name="reactions"),
    path("threads/<int:pk>/assignment/", triage.assignment, name="assignment"),
    path("threads/<int:pk>/closure/", triage.closure, name="closure"),
    path("threads/<int:pk>/read/", triage.read, name="read"),
    path("threads/<int:pk>/unread/", triage.unread, name="unread"),
    path("messages/<int:pk>/", reactions.message, name="message"),
    path("messages/<int:pk>/again/", messages.again, name="again"),
    path("messages/<int:pk>/evidence/", evidence.evidence, name="evidence"),
    path("messages/<int:pk>/deletion/", evidence.deletion, name="deletion"),
    path("messages/<int:pk>/dismissal/", reactions.dismissal, name="dismissal"),
    path("messages/<int:pk>/sent/", messages.sent, name="sent"),
    path("messages/<int:pk>/cancellation/", messages.cancellation, name="cancellation"),
]
