"""The addresses of contacts."""

from __future__ import annotations

from django.urls import path

from contacts.views import contacts

app_name = "contacts"
urlpatterns = [
    path("", contacts.contacts, name="contacts"),
    path("<int:pk>/", contacts.contact, name="contact"),
]
