"""The addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from inbox.views import (
    evidence,
    gestures,
    groups,
    live,
    messages,
    reactions,
    threads,
    triage,
    trouble,
)

app_name = "inbox"
urlpatterns = [
    path("", threads.index, name="index"),
    path("events/", live.events, name="events"),
    path("resumption/", triage.resumption, name="resumption"),
    path("preferences/", triage.preferences, name="preferences"),
    path("lines/<int:pk>/read-receipts/", gestures.read_receipts, name="read_receipts"),
    path("trouble/", trouble.trouble, name="trouble"),
    path("trouble/list/", trouble.trouble_list, name="trouble_list"),
    path("trouble/badge/", trouble.badge, name="trouble_badge"),
    path("trouble/attempts/", trouble.attempts, name="trouble_attempts"),
    path("trouble/marks/", trouble.marks, name="trouble_marks"),
    path("trouble/dismissals/", trouble.dismissals, name="trouble_dismissals"),
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
    path("threads/<int:pk>/typing/", gestures.typing, name="typing"),
    path("threads/<int:pk>/location-request/", gestures.location_request, name="location_request"),
    path("threads/<int:pk>/facetime-call/", gestures.facetime_call, name="facetime_call"),
    path("threads/<int:pk>/unread/", triage.unread, name="unread"),
    path("threads/<int:pk>/group/name/", groups.name, name="group_name"),
    path("threads/<int:pk>/group/photo/", groups.photo, name="group_photo"),
    path("threads/<int:pk>/group/people/", groups.people, name="group_people"),
    path(
        "threads/<int:pk>/group/people/<int:contact_pk>/removal/",
        groups.removal,
        name="group_removal",
    ),
    path("threads/<int:pk>/group/reading/", groups.reading, name="group_reading"),
    path("messages/<int:pk>/line/", groups.line, name="group_line"),
    path("messages/<int:pk>/", reactions.message, name="message"),
    path("messages/<int:pk>/place/", gestures.place, name="place"),
    path("messages/<int:pk>/again/", messages.again, name="again"),
    path("messages/<int:pk>/evidence/", evidence.evidence, name="evidence"),
    path("messages/<int:pk>/deletion/", evidence.deletion, name="deletion"),
    path("messages/<int:pk>/dismissal/", reactions.dismissal, name="dismissal"),
    path("messages/<int:pk>/sent/", messages.sent, name="sent"),
    path("messages/<int:pk>/cancellation/", messages.cancellation, name="cancellation"),
]
