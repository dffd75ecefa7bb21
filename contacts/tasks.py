"""Where Celery finds this app's drains; each lives beside the action that it runs."""

from contacts.actions.comparing import drain_comparing
from contacts.actions.import_turns import drain_importing
from contacts.actions.jobs import drain_jobs
from contacts.actions.pushing import drain_pushing

__all__ = ["drain_comparing", "drain_importing", "drain_jobs", "drain_pushing"]
