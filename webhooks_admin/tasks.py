"""Where Celery finds this app's drains; each lives beside the action that it runs.

Importing `subscribing` registers its part of the drain of syncing.
"""

from webhooks_admin.actions import subscribing
from webhooks_admin.actions.dispatching import drain_events
from webhooks_admin.actions.replaying import drain_replaying

__all__ = ["drain_events", "drain_replaying", "subscribing"]
