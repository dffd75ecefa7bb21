"""What no page may do: log an error, throw, break its own policy, or get a 5xx; and axe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, WebError

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
# Chromium writes this for every answer of 400 and more; their statuses are judged apart.
STATUS_LINE = "Failed to load resource"


class Watch:
    """Collects the troubles of all pages of a test."""

    def __init__(self) -> None:
        self.troubles: list[str] = []
        self.expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Let pass what a test brings about on purpose."""
        self.expected.append(re.compile(pattern))

    def follow(self, context: BrowserContext) -> None:
        """Watch every page of the context from its beginning."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._thrown)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(STATUS_LINE):
            self._add(f"console: {message.text}")

    def _thrown(self, event: WebError) -> None:
        self._add(f"thrown: {event.error} {getattr(event.error, 'stack', '')}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self._add(f"{response.status} {response.url}")

    def _add(self, trouble: str) -> None:
        if not any(pattern.search(trouble) for pattern in self.expected):
            self.troubles.append(trouble)


def axe(page: Page) -> None:
    """Fail on what axe calls serious or critical on the page as it stands.

    The script goes in through the debugger: the page's policy admits no strangers.
    """
    debugger = page.context.new_cdp_session(page)
    debugger.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    asked = {"expression": "axe.run()", "awaitPromise": True, "returnByValue": True}
    answer = debugger.send("Runtime.evaluate", asked)
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    findings: list[dict[str, Any]] = answer["result"]["value"]["violations"]
    serious = [
        f"{finding['id']}: {node['html'][:160]} | {node.get('failureSummary', '')[:200]}"
        for finding in findings
        if finding["impact"] in {"serious", "critical"}
        for node in finding["nodes"][:4]
    ]
    assert not serious, "\n".join(serious)
    debugger.detach()
