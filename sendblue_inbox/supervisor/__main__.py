"""Brings one installation up, says where it is, and takes it down again."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from sendblue_inbox import embedded
from sendblue_inbox.lifeline import lifeline
from sendblue_inbox.system_account import AccountError

from .leftovers import AlreadyRunning, end_leftovers, take_lock
from .plan import Plan
from .supervisor import StartFailed, StopRequested, Supervisor, say

if TYPE_CHECKING:
    from .part import Part

# PostgreSQL may have minutes of its log to replay after a crash on a slow disk.
DATABASE_SECONDS = 600.0
PREPARE_SECONDS = 600.0
ANSWER_SECONDS = 60.0
BACKLOG = 2048


class PortTaken(Exception):
    """Somebody else listens where we want to; the text says what to change."""


def main() -> int:
    """Run the plan of the command line. Returns the exit code."""
    plan = Plan.from_json(sys.argv[1])
    plan.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with take_lock(plan.data):
            end_leftovers(plan.data)
            return bring_up(plan)
    except (AlreadyRunning, PortTaken, StartFailed) as error:
        say(str(error))
    except (embedded.EmbeddedError, AccountError) as error:
        say(str(error))
    return 1


def bring_up(plan: Plan) -> int:
    """Start everything, keep it running until we are asked to stop, and stop it in order."""
    listener = listen(plan.host, plan.port, "PORT")
    if plan.simulator_port:
        listen("127.0.0.1", plan.simulator_port, "SIMULATOR_PORT").close()
    supervisor = Supervisor(plan.data)
    supervisor.listen_to_signals()
    try:
        start_services(plan, supervisor)
        if plan.simulator_port:
            supervisor.add(plan.simulator(), patience=5)
        prepared = prepare(plan, supervisor)
        webs = [
            supervisor.add(plan.web(name, listener.fileno()), patience=10)
            for name in plan.web_names
        ]
        # One POST to Sendblue may last 48 s, and killed in it, nobody knows whether it was sent.
        supervisor.add(plan.worker(), patience=60)
        supervisor.add(plan.beat(), patience=5)
        wait_for_first_page(plan, supervisor, webs[0])
        print(banner(plan, prepared), flush=True)
        supervisor.run()
        return 0
    except StopRequested:
        return 0
    finally:
        listener.close()
        order = [*plan.web_names, "beat", "worker", "simulator", "valkey", "postgres"]
        supervisor.stop(order)


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket; raises PortTaken where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or error
        raise PortTaken(
            f"Cannot listen on {host}:{port}: {why}. Stop what runs there,"
            f" or choose another port, for example: {setting}={port + 1} make run"
        ) from error
    return listener


def start_services(plan: Plan, supervisor: Supervisor) -> None:
    """The servers that are not configured elsewhere, up to their first answer."""
    servers = []
    if plan.run_postgres:
        servers.append((embedded.postgres(plan.data), 40))
    if plan.run_valkey:
        servers.append((embedded.valkey(plan.data), 5))
    parts = [supervisor.add(server, patience=patience) for server, patience in servers]
    for (server, _), part in zip(servers, parts, strict=True):
        supervisor.wait_for(server.is_ready, part, DATABASE_SECONDS)


def prepare(plan: Plan, supervisor: Supervisor) -> dict[str, Any]:
    """Run `manage.py prepare` to its end; returns what it reports."""
    log = plan.data / "logs" / "prepare.log"
    command = plan.prepare()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            preexec_fn=lifeline(command.stop_signal),
        )
    while process.poll() is None:
        supervisor.turn(0.05)
        if supervisor.stop_requests:
            process.terminate()
            process.wait(10)
            raise StopRequested
    if process.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise StartFailed(f"The database could not be prepared. The end of {log}:\n{end}")
    assert process.stdout
    return json.loads(process.stdout.read().splitlines()[-1])


def wait_for_first_page(plan: Plan, supervisor: Supervisor, web: Part) -> None:
    """Until the site answers, which shows that it could be imported and reads its settings."""
    address = loopback(plan.host), plan.port
    supervisor.wait_for(lambda: answers(address), web, ANSWER_SECONDS)


def answers(address: tuple[str, int]) -> bool:
    """Whether the web server answers `/up`."""
    try:
        with socket.create_connection(address, timeout=0.3) as connection:
            connection.sendall(b"GET /up HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def loopback(host: str) -> str:
    """The address at which this machine reaches a server that listens on that host."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def banner(plan: Plan, prepared: dict[str, Any]) -> str:
    """What a person wants to know now."""
    lines = [("Address", plan.site_url), ("Log in as", prepared["email"])]
    if prepared["password"]:
        lines.append(("Password", f"{prepared['password']}   (shown only this once)"))
    if plan.simulator_port:
        account = f"simulator at http://127.0.0.1:{plan.simulator_port}, with people who answer"
    else:
        account = "your Sendblue account"
    lines += [("Account", account), ("Data", f"{plan.data}   (logs in {plan.data / 'logs'})")]
    block = "\n".join(f"  {name:<10} {value}" for name, value in lines)
    return f"\nSendblue Inbox is running.\n\n{block}\n\nCtrl-C stops it.\n"


if __name__ == "__main__":
    sys.exit(main())
