"""Where Celery finds this app's drains; each lives beside the action that it runs."""

from webhooks_admin.actions.dispatching import drain_events

__all__ = ["drain_events"]
