"""The shape of the code, held by tests instead of by memory."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.urls import get_resolver

ROOT = Path(__file__).resolve().parents[2]
OURS = ("contacts", "inbox", "sendblue_inbox", "simulator", "webhooks_admin", "bench", "tests")
LONGEST_FILE = 400
PYTHON = [
    path
    for package in OURS
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = [*(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_too_long() -> None:
    sizes = {relative(path): len(path.read_text().splitlines()) for path in PYTHON + SCRIPTS}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_third_party_host_or_machine_path_is_written_down() -> None:
    hosts = re.compile("|".join(["py" + r"pi\.org", r"registry\.np" + "mjs", r"python" + "hosted"]))
    found = [
        relative(path)
        for folder in (*OURS, "requirements", "docs", "static", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in {".py", ".txt", ".md", ".html", ".js", ".css", ".toml"}
        if hosts.search(path.read_text(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_every_url_name_in_a_template_exists(path: Path) -> None:
    for name in re.findall(r"{%\s*url\s+['\"]([\w:]+)['\"]", path.read_text()):
        assert name in url_names(), f"{name} is no address of this site"


@pytest.mark.parametrize(
    "path", [path for path in TEMPLATES if path.name.startswith("_")], ids=relative
)
def test_a_partial_trusts_no_text(path: Path) -> None:
    words = path.read_text()
    for forbidden in ("|safe", "autoescape off", "hx-on:", "js:", "style="):
        assert forbidden not in words


def test_public_functions_say_what_they_do() -> None:
    silent = []
    for path in PYTHON:
        if path.parts[len(ROOT.parts)] in {"tests", "bench"}:
            continue
        for node in ast.parse(path.read_text()).body:
            public = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            if public and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{relative(path)}: {node.name}")
    assert silent == []


def url_names() -> set[str]:
    """Every name that `{% url %}` may be given."""
    names: set[str] = set()

    def collect(resolver: object, prefix: str) -> None:
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
                collect(pattern, namespace)
            elif pattern.name:
                names.add(prefix + pattern.name)

    collect(get_resolver(), "")
    return names
