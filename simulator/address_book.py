"""The contacts of the account by number, and in the order in which they were made."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .state import Contact

Key = tuple[int, str, str]


class AddressBook(dict[str, "Contact"]):
    """Contacts by number; a page of 100,000 by the time of making costs no sort of them all."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Key] = []
        self._is_sorted = True

    def __setitem__(self, number: str, contact: Contact) -> None:
        self.pop(number, None)
        super().__setitem__(number, contact)
        key = (contact.created, contact.contact_id, number)
        self._is_sorted = self._is_sorted and (not self._keys or self._keys[-1] <= key)
        self._keys.append(key)

    def __delitem__(self, number: str) -> None:
        contact = self[number]
        keys = self._in_order()
        del keys[bisect_left(keys, (contact.created, contact.contact_id, number))]
        super().__delitem__(number)

    def pop(self, number: str, *default: Any) -> Any:
        """Take the contact out; the default where there is none."""
        if number not in self:
            return super().pop(number, *default)
        contact = self[number]
        del self[number]
        return contact

    def page(self, since: int, offset: int, limit: int, *, descending: bool) -> list[Contact]:
        """Contacts made from that millisecond on, by the time of making and then by their id."""
        keys = self._in_order()
        first = bisect_left(keys, (since, "", ""))
        if descending:
            last = max(len(keys) - offset, first)
            found = keys[max(last - limit, first) : last][::-1]
        else:
            found = keys[first + offset : first + offset + limit]
        return [self[number] for _, _, number in found]

    def _in_order(self) -> list[Key]:
        if not self._is_sorted:
            self._keys.sort()
            self._is_sorted = True
        return self._keys
