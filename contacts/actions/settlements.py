"""What may be done about a difference between our contacts and Sendblue's, by its cause."""

from __future__ import annotations

from contacts.models import DriftItem

from .differing import Cause

Kind = DriftItem.Kind


class Settlement:
    """What may be done about a difference."""

    CREATE_HERE = "create_here"
    CREATE_THERE = "create_there"
    DELETE_HERE = "delete_here"
    DELETE_THERE = "delete_there"
    SAVE_OURS = "save_ours"
    TAKE_THEIRS = "take_theirs"


_OURS_FIRST = (Settlement.SAVE_OURS, Settlement.TAKE_THEIRS)
_THEIRS_FIRST = (Settlement.TAKE_THEIRS, Settlement.SAVE_OURS)
# What is offered, the likeliest first.
OFFERS: dict[tuple[str, str], tuple[str, ...]] = {
    (Kind.ONLY_HERE, Cause.DELETED_THERE): (Settlement.CREATE_THERE, Settlement.DELETE_HERE),
    (Kind.ONLY_HERE, Cause.MESSAGE): (Settlement.CREATE_THERE,),
    (Kind.ONLY_HERE, Cause.NEVER_PUSHED): (Settlement.CREATE_THERE, Settlement.DELETE_HERE),
    (Kind.ONLY_HERE, Cause.REFUSED): (Settlement.CREATE_THERE,),
    (Kind.ONLY_HERE, Cause.WAITING): (Settlement.CREATE_THERE,),
    (Kind.ONLY_THERE, Cause.BACK_THERE): (Settlement.CREATE_HERE, Settlement.DELETE_THERE),
    (Kind.ONLY_THERE, Cause.CREATED_THERE): (Settlement.CREATE_HERE, Settlement.DELETE_THERE),
    (Kind.ONLY_THERE, Cause.DELETION_REFUSED): (Settlement.DELETE_THERE, Settlement.CREATE_HERE),
    (Kind.ONLY_THERE, Cause.DELETION_WAITING): (Settlement.DELETE_THERE,),
    (Kind.DIFFERS, Cause.BOTH): _THEIRS_FIRST,
    (Kind.DIFFERS, Cause.CHANGED_THERE): _THEIRS_FIRST,
    (Kind.DIFFERS, Cause.CONFLICT): _THEIRS_FIRST,
    (Kind.DIFFERS, Cause.CONSENT_HERE): (Settlement.SAVE_OURS,),
    (Kind.DIFFERS, Cause.CONSENT_THERE): _THEIRS_FIRST,
    (Kind.DIFFERS, Cause.EMPTIED): _OURS_FIRST,
    (Kind.DIFFERS, Cause.FOLLOWS): (Settlement.SAVE_OURS,),
    (Kind.DIFFERS, Cause.NOT_PUSHED): _OURS_FIRST,
    (Kind.DIFFERS, Cause.REFUSED): _OURS_FIRST,
    (Kind.DIFFERS, Cause.UNREAD): _THEIRS_FIRST,
    (Kind.DIFFERS, Cause.WAITING): _OURS_FIRST,
}
