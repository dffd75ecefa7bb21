"""The people who write to us, what they agreed to, and the work on many of them at once."""

from .bulk_job import BulkItem, BulkJob
from .consent_change import ConsentChange
from .contact import Contact
from .contact_change import ContactChange
from .contact_export import ContactExport
from .contact_import import ContactImport, ImportRow
from .contact_merge import ContactMerge
from .drift_report import DriftItem, DriftReport, DriftSighting
from .label import Label
from .push_pace import PushPace
from .sweep import Sweep, SweepPage

__all__ = [
    "BulkItem",
    "BulkJob",
    "ConsentChange",
    "Contact",
    "ContactChange",
    "ContactExport",
    "ContactImport",
    "ContactMerge",
    "DriftItem",
    "DriftReport",
    "DriftSighting",
    "ImportRow",
    "Label",
    "PushPace",
    "Sweep",
    "SweepPage",
]
