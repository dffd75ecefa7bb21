"""Contacts for a person: what is not theirs to see does not exist (404)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404

from contacts.models import Contact, ContactImport

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from sendblue_inbox.models import User


def contacts_of(user: User) -> QuerySet[Contact]:
    """The contacts that a person may see: everybody of the team sees all, removed ones nobody."""
    shown = Contact.objects.filter(removed_at=None)
    return shown if user.is_active else shown.none()


def contact_for(user: User, pk: int) -> Contact:
    """The contact; of a number that belongs to another contact, that one. Raises Http404."""
    found = get_object_or_404(contacts_of(user).select_related("merged_into"), pk=pk)
    return found.merged_into or found


def former_contact_for(user: User, pk: int) -> Contact:
    """The contact even where it has been removed: its page says so. Raises Http404."""
    known = Contact.objects.all() if user.is_active else Contact.objects.none()
    return get_object_or_404(known, pk=pk)


def imports_of(user: User) -> QuerySet[ContactImport]:
    """The imports that a person may see: everybody of the team sees all."""
    return ContactImport.objects.all() if user.is_active else ContactImport.objects.none()


def import_for(user: User, pk: int) -> ContactImport:
    """The import. Raises Http404."""
    return get_object_or_404(imports_of(user).select_related("author"), pk=pk)
