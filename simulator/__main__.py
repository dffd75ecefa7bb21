"""python -m simulator: a Sendblue account on this machine."""

from __future__ import annotations

import argparse
import logging
import sys

from .listener import free_port
from .server import build
from .state import Settings

# The keys of the official SDK's own test suite, so that it runs against us unchanged.
_KEYS = ("My API Key", "My API Secret")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4010, help="0 takes a free one")
    parser.add_argument("--key-id", default=_KEYS[0])
    parser.add_argument("--secret-key", default=_KEYS[1])
    parser.add_argument("--profile", choices=("live", "sdk"), default="live")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", action="store_true", help="simulated people answer and write")
    parser.add_argument(
        "--address",
        help="where others reach it, for media (default: http://HOST:PORT)",
    )
    parser.add_argument(
        "--callback-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also post webhooks to this host (a container beside); else only to this machine",
    )
    return parser


def main() -> int:
    """Serve until stopped."""
    options = arguments().parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    logging.getLogger("simulator").setLevel(logging.INFO)
    port = options.port or free_port(options.host)
    settings = Settings(
        key_id=options.key_id,
        secret_key=options.secret_key,
        address=options.address or f"http://{options.host}:{port}",
        profile=options.profile,
        seed=options.seed,
        people=options.people,
        callback_hosts=tuple(options.callback_host),
    )
    server = build(settings, options.host, port)
    try:
        server.run()
    except SystemExit:  # uvicorn has said what is wrong; this says what to do
        print(f"Port {port} of {options.host} is taken: choose another --port.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
