"""The addresses of contacts."""

from __future__ import annotations

from django.urls import path

from contacts.views import contacts, jobs

app_name = "contacts"
urlpatterns = [
    path("", contacts.contacts, name="contacts"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/list/", jobs.jobs_list, name="jobs_list"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/progress/", jobs.job_progress, name="job_progress"),
    path("jobs/<int:pk>/confirmation/", jobs.confirmation, name="job_confirmation"),
    path("jobs/<int:pk>/cancellation/", jobs.cancellation, name="job_cancellation"),
    path("jobs/<int:pk>/undo/", jobs.undo, name="job_undo"),
    path("<int:pk>/", contacts.contact, name="contact"),
]
