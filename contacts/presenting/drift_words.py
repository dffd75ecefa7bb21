"""Why both sides may differ and what may be done about it, in the words of the page."""

from __future__ import annotations

from dataclasses import dataclass

from contacts.actions.differing import Cause
from contacts.actions.settlements import Settlement
from contacts.models import DriftItem

Kind = DriftItem.Kind
# (kind, cause): what it is called, and how it may have come about.
CAUSES: dict[tuple[str, str], tuple[str, str]] = {
    (Kind.DIFFERS, Cause.CONFLICT): (
        "Changed on both sides",
        "Both sides gave a field another value, and nobody has picked yet.",
    ),
    (Kind.DIFFERS, Cause.BOTH): (
        "Changed on both sides since",
        "Here and at Sendblue something else was changed since they were last the same.",
    ),
    (Kind.DIFFERS, Cause.CHANGED_THERE): (
        "Changed at Sendblue",
        "Somebody changed it there after this inbox last read it.",
    ),
    (Kind.DIFFERS, Cause.NOT_PUSHED): (
        "Changed here, never saved there",
        "It was changed here, and that change has never been on its way to Sendblue.",
    ),
    (Kind.DIFFERS, Cause.WAITING): (
        "Waiting to be saved at Sendblue",
        "It was edited here, and the edit is still on its way.",
    ),
    (Kind.DIFFERS, Cause.REFUSED): (
        "Refused by Sendblue",
        "It was edited here, and Sendblue did not take it.",
    ),
    (Kind.DIFFERS, Cause.EMPTIED): (
        "Custom variables that Sendblue keeps",
        "They were removed here. Sendblue merges custom variables, and kept the value.",
    ),
    (Kind.DIFFERS, Cause.UNREAD): (
        "Never read from Sendblue",
        "Both sides made this contact by themselves; nobody has put them together yet.",
    ),
    (Kind.DIFFERS, Cause.FOLLOWS): (
        "Other number of a person",
        "It follows the contact that it was merged into. Somebody changed it at Sendblue.",
    ),
    (Kind.DIFFERS, Cause.CONSENT_HERE): (
        "Opted out only here",
        "Nothing is sent to them from here. At Sendblue they are not marked.",
    ),
    (Kind.DIFFERS, Cause.CONSENT_THERE): (
        "Opted out only at Sendblue",
        "They are marked there. Here the newest word says that they want messages.",
    ),
    (Kind.ONLY_HERE, Cause.WAITING): (
        "New here, on its way to Sendblue",
        "They were made here, and are waiting to be saved there.",
    ),
    (Kind.ONLY_HERE, Cause.REFUSED): (
        "New here, refused by Sendblue",
        "They were made here, and Sendblue did not take them.",
    ),
    (Kind.ONLY_HERE, Cause.DELETED_THERE): (
        "Deleted at Sendblue",
        "Sendblue had them when this inbox last read them, and has them no more.",
    ),
    (Kind.ONLY_HERE, Cause.NEVER_PUSHED): (
        "Only here, never saved there",
        "They have never been on their way to Sendblue.",
    ),
    (Kind.ONLY_HERE, Cause.MESSAGE): (
        "Known by a message only",
        "They wrote to you or were written to. Sendblue keeps no contact for that.",
    ),
    (Kind.ONLY_THERE, Cause.CREATED_THERE): (
        "Made at Sendblue",
        "They were made there after this inbox last read the list.",
    ),
    (Kind.ONLY_THERE, Cause.BACK_THERE): (
        "Made again at Sendblue",
        "They were deleted here and there, and then somebody made them there again.",
    ),
    (Kind.ONLY_THERE, Cause.DELETION_WAITING): (
        "Deleted here, still at Sendblue",
        "The deletion is still on its way.",
    ),
    (Kind.ONLY_THERE, Cause.DELETION_REFUSED): (
        "Deleted here, kept by Sendblue",
        "Sendblue did not take the deletion.",
    ),
}
ORDER = list(CAUSES)


@dataclass(frozen=True, slots=True)
class Act:
    """A way of settling: its button, what it has done, and the question before a loss."""

    key: str
    words: str
    done: str
    loss: str = ""  # what is lost, {whom} in place of whom


ACTS = {
    act.key: act
    for act in (
        Act(Settlement.TAKE_THEIRS, "Take Sendblue’s", "Sendblue’s taken over"),
        Act(Settlement.SAVE_OURS, "Save ours there", "Ours to be saved at Sendblue"),
        Act(Settlement.CREATE_HERE, "Create here", "Created here"),
        Act(Settlement.CREATE_THERE, "Create there", "To be created at Sendblue"),
        Act(
            Settlement.DELETE_HERE,
            "Delete here",
            "Deleted here",
            "Delete {whom} here? Names, tags and custom variables go; conversations stay, under "
            "the bare number. At Sendblue nothing changes.",
        ),
        Act(
            Settlement.DELETE_THERE,
            "Delete there",
            "Deleted at Sendblue",
            "Delete {whom} at Sendblue? The contact and all its fields go there, and there is "
            "no undo. Here nothing changes.",
        ),
    )
}
