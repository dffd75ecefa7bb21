"""`python -m sendblue_inbox.web [FD]`: the web server, one process.

`manage.py up` gives it a listening socket that it holds itself: while this process is started
again, the socket goes on taking connections, so nobody is refused. A container has none to give,
and `HOST` and `PORT` say where to listen.

uvicorn's own `--fd` takes every socket for a Unix one and so leaves TCP_NODELAY off: 45 ms for
each answer on a kept connection.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

from sendblue_inbox.env import envint, envtext

GRACE_SECONDS = 3  # open streams are cut then; pages connect again by themselves


def main(listener: socket.socket | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        "sendblue_inbox.asgi:application",
        host=envtext("HOST", "127.0.0.1"),
        port=envint("PORT", 8000),
        log_config=None,  # Django's settings say how to log
        access_log=False,
        server_header=False,
        proxy_headers=False,  # Django reads them, for the proxies that the settings trust
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener] if listener else None)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])) if sys.argv[1:] else None)
