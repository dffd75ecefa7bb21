"""Every switch of the simulator, one field each, with the two profiles as starting points."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Options:
    """Behaviour that the sources of the contract disagree on or that tests want to change.

    The number in a comment is the row of the contract's table of contradictions (section 5).
    """

    profile: str = "live"
    plan: str = "dedicated"
    account_email: str = "owner@example.test"

    # How bodies are written and read.
    validate: bool = True  # formats of numbers and addresses; off in the sdk profile
    inbound_from_line: bool = False  # 4: the S2 sample names our line as from_number
    require_from_number: bool = True  # 5
    automatic_line_selection: bool = False  # 5
    max_media_bytes: int = 100_000_000  # 6
    send_status: int = 202  # 11
    refusal_in_2xx: bool = False  # 12
    error_code_as_text: bool = False  # 14
    null_for_empty: bool = False  # 15: null instead of "" outside reads as well
    list_limit: int = 1000  # 17
    group_numbers_as_list: bool = False  # 31
    modify_group_short_answer: bool = False  # 32
    contact_answers_doubled: bool = False  # 37
    # A bulk create has no answer a row: numbers that end so are not taken, or taken and not named.
    bulk_drops: str = ""
    bulk_hides: str = ""

    # Webhook registration and delivery.
    legacy_types: bool = False  # 21: only the six types of the live error text
    post_refuses_types: list[str] = field(default_factory=list)  # 22: typing_indicator in 2026-05
    put_drops_types: list[str] = field(default_factory=list)  # 23: answers OK, keeps nothing
    retry_on: str = "5xx"  # 24: 5xx, or non_2xx
    retry_delays_s: list[float] = field(default_factory=lambda: [1.0, 5.0, 25.0])
    webhook_timeout_s: float = 45.0
    webhook_concurrency: int = 16

    # What messages go through (contract 3.3); seconds after leaving the queue of the line.
    sent_after_s: float = 0.4
    delivered_after_s: float = 0.7
    jitter: float = 0.3
    extra_steps: bool = True  # now and then REGISTERED, PENDING or ACCEPTED before SENT
    read_receipts: bool = False  # 8: READ after DELIVERED
    group_confirm_s: float = 0.5  # until a phone shows a change of a group
    lines_without_group_photo: list[str] = field(default_factory=list)
    throughput_per_s: float = 1.0  # of one line; 0 is no limit

    # Limits (contract 1.6); 0 switches one off.
    new_contacts_per_hour: int = 15
    new_contacts_per_day: int = 50
    new_contact_lookback_days: int = 30
    pre_reply_messages: int = 5
    follow_ups_per_day: int = 200
    burst_per_s: int = 10
    queue_size: int = 1500
    requests_per_10_s: int = 100
    evaluations_per_hour: int = 30
    evaluations_per_day: int = 100
    verified_contacts_only: bool = False  # 42: the free plan
    mark_read_enabled: bool = True
    location_enabled: bool = True  # a dedicated Mac line (contract 2.10)
    facetime_enabled: bool = True  # a FaceTime line (contract 2.11)

    def apply(self, changes: Mapping[str, Any]) -> None:
        """Change the named switches; ValueError names an unknown switch or a wrong type."""
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown option {name!r}; known: {', '.join(sorted(known))}")
            kind = type(known[name])
            if kind is float and type(value) is int:
                value = float(value)
            if type(value) is not kind:
                raise ValueError(f"option {name!r} wants {kind.__name__}")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All switches by name."""
        return asdict(self)


def profile(name: str) -> Options:
    """The starting point "live" (as captured) or "sdk" (what the official SDK's tests expect)."""
    if name == "live":
        return Options()
    if name == "sdk":
        return Options(
            profile="sdk",
            validate=False,
            require_from_number=False,
            send_status=200,
            null_for_empty=True,
            throughput_per_s=0.0,
            group_confirm_s=0.0,
            new_contacts_per_hour=0,
            new_contacts_per_day=0,
            pre_reply_messages=0,
            follow_ups_per_day=0,
            burst_per_s=0,
            requests_per_10_s=0,
            evaluations_per_hour=0,
            evaluations_per_day=0,
        )
    raise ValueError(f"unknown profile {name!r}; known: live, sdk")
