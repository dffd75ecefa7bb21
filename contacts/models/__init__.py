"""The people who write to us, and what they agreed to."""

from .consent_change import ConsentChange
from .contact import Contact
from .contact_change import ContactChange

__all__ = ["ConsentChange", "Contact", "ContactChange"]
