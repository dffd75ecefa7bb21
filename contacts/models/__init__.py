"""The people who write to us."""

from .contact import Contact

__all__ = ["Contact"]
