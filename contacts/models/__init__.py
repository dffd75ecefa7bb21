"""The people who write to us, and what they agreed to."""

from .consent_change import ConsentChange
from .contact import Contact

__all__ = ["ConsentChange", "Contact"]
