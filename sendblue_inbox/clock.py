"""The one import of the current time."""

from django.utils.timezone import now

__all__ = ["now"]
