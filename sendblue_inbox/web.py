"""`python -m sendblue_inbox.web FD`: the web server on a listening socket that our parent holds.

While this process is started again, the socket goes on taking connections, so nobody is refused.
uvicorn's own `--fd` takes every socket for a Unix one and so leaves TCP_NODELAY off: 45 ms for
each answer on a kept connection.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

GRACE_SECONDS = 3  # open streams are cut then; pages connect again by themselves


def main(listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        "sendblue_inbox.asgi:application",
        log_config=None,  # Django's settings say how to log
        access_log=False,
        server_header=False,
        proxy_headers=False,  # Django reads them, for the proxies that the settings trust
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
