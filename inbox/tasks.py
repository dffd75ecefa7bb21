"""Where Celery finds this app's drains; each lives beside the action that it runs."""

from inbox.actions.deleting import drain_deleting
from inbox.actions.fetching import drain_fetching
from inbox.actions.group_reading import drain_groups
from inbox.actions.looking_up import drain_looking
from inbox.actions.performing import drain_gestures
from inbox.actions.resolving import drain_resolving
from inbox.actions.sending import drain_sending
from inbox.actions.syncing import drain_syncing
from inbox.actions.uploading import drain_uploading

__all__ = [
    "drain_deleting",
    "drain_fetching",
    "drain_gestures",
    "drain_groups",
    "drain_looking",
    "drain_resolving",
    "drain_sending",
    "drain_syncing",
    "drain_uploading",
]
