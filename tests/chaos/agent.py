"""An agent's browser: logs in, writes, and posts again when the network or the server fails."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

import httpx

from tests.chaos.tree import EMAIL, PASSWORD

PATIENCE = 60.0


@dataclass
class Agent:
    """One logged-in browser. `accepted` are the client_refs that the server has said yes to."""

    url: str
    accepted: list[str] = field(default_factory=list)
    posts: int = 0

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=15, trust_env=False)

    def log_in(self) -> None:
        """Through the form, with its CSRF token."""
        self.http.get("/accounts/login/").raise_for_status()
        form = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": self._token()}
        answer = self.http.post("/accounts/login/", data=form)
        assert answer.status_code == 302, f"cannot log in: {answer.status_code}"

    def send(self, thread: int, content: str) -> None:
        """Post until the server says yes, with one client_ref for all attempts."""
        client_ref = str(uuid.uuid4())
        deadline = time.monotonic() + PATIENCE
        while not self._post(thread, content, client_ref):
            assert time.monotonic() < deadline, "the site did not come back"
            time.sleep(0.2)
        self.accepted.append(client_ref)

    def _post(self, thread: int, content: str, client_ref: str) -> bool:
        form = {"content": content, "client_ref": client_ref}
        self.posts += 1
        try:
            answer = self.http.post(
                f"/threads/{thread}/messages/",
                data=form | {"csrfmiddlewaretoken": self._token()},
                headers={"HX-Request": "true"},
            )
        except httpx.TransportError:
            return False
        assert answer.status_code == 204 or answer.status_code >= 500, answer.text[:500]
        return answer.status_code == 204

    def _token(self) -> str:
        return self.http.cookies["csrf"]
