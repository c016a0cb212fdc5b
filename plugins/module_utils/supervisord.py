"""Renders a Service as a supervisord program, and the configuration of Rabbitry's own supervisord."""

from __future__ import annotations

import re
import shlex

from ansible_collections.rabbitry.stack.plugins.module_utils.service import LOGS, RUN, Service, launched
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import CONTROL, InvalidService

CONF = "/etc/rabbitry/supervisord.conf"
PROGRAMS = "/etc/rabbitry/supervisor.d"
SOCKET = f"{RUN}/supervisor.sock"
PIDFILE = f"{RUN}/supervisord.pid"
TRACES = (SOCKET, PIDFILE, f"{RUN}/supervisor.lock")
LOG = f"{LOGS}/supervisord.log"
HEADER = "; Written by Rabbitry; changes made here are overwritten.\n"
RESTART = {"always": "true", "on-failure": "unexpected", "never": "false"}
SPECIAL = re.compile(r"\s[;#]|%\(here\)s")

MAIN = f"""{HEADER}
[unix_http_server]
file={SOCKET}
chmod=0700

[supervisord]
logfile={LOG}
logfile_maxbytes=1MB
logfile_backups=3
childlogdir={LOGS}
pidfile={PIDFILE}
identifier=rabbitry
user=root

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{SOCKET}

[include]
files={PROGRAMS}/*.conf
"""


def program_path(name: str) -> str:
    """The file that `render` belongs in."""
    return f"{PROGRAMS}/{name}.conf"


def log_path(name: str) -> str:
    """The file that takes the program's output."""
    return f"{LOGS}/{name}.log"


def render(service: Service, autostart: bool = True) -> str:
    """The text of the program's file; raises InvalidService for what the format cannot carry."""
    if service.group and service.group != service.user:
        problem = f"supervisord cannot run user `{service.user}` with group `{service.group}`"
        raise InvalidService(service.name, problem, f"usermod --gid {service.group} {service.user}")
    if not service.command:
        raise InvalidService(service.name, "supervisord needs a `command`")
    options = {
        "command": _command(service),
        "user": service.user,
        "directory": _value(service, "working_dir", service.working_dir),
        "environment": _environment(service),
        "autostart": "true" if autostart else "false",
        "autorestart": RESTART[service.restart],
        "exitcodes": "0",
        # What dies sooner counts as a failed start; those are repeated at growing intervals, not at once.
        "startsecs": str(max(3, round(service.restart_delay))),
        "startretries": "1000000",
        "stopsignal": service.stop_signal,
        "stopwaitsecs": str(service.stop_timeout),
        "stopasgroup": "false",
        "killasgroup": "true",
        "priority": "200" if service.after else "100",
        "redirect_stderr": "true",
        "stdout_logfile": log_path(service.name),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    if service.umask:
        options["umask"] = service.umask
    lines = [f"[program:{service.name}]", *(f"{key}={value}" for key, value in options.items())]
    # supervisord ignores this section: it tells libexec/supervisor-start what to make again after a reboot.
    lines += ["", f"[rabbitry:{service.name}]", f"runtime_dirs={' '.join(service.runtime_dirs)}"]
    return HEADER + "\n".join([*lines, ""])


def _command(service: Service) -> str:
    words = launched(service)
    for word in words:
        if CONTROL.search(word):
            problem = f"supervisord cannot carry the control character in `command` word {word!r}"
            raise InvalidService(service.name, problem)
    # Inside quotes, too, the parser cuts a line at a blank before `;` or `#` and replaces %(here)s: leaving
    # and re-entering the quotes takes such sequences apart.
    return SPECIAL.sub(lambda found: found[0][0] + "''" + found[0][1:], shlex.join(words)).replace("%", "%%")


def _environment(service: Service) -> str:
    values = {"RABBITRY_SERVICE": service.name, **service.environment}
    return ",".join(f"{key}={_quoted(service, key, value)}" for key, value in values.items())


def _quoted(service: Service, key: str, text: str) -> str:
    quote = '"' if '"' not in text else "'"
    if quote in text or text.strip("\"'") != text:
        raise InvalidService(
            service.name,
            f"supervisord cannot carry the quotes in `environment.{key}`",
            f"put {key} into a file and name it in `environment_file`",
        )
    return quote + _value(service, f"environment.{key}", text) + quote


def _value(service: Service, key: str, text: str) -> str:
    if CONTROL.search(text) or SPECIAL.search(text):
        problem = (
            f"supervisord cannot carry a control character, ` ;`, ` #` or `%(here)s` in `{key}`: {text!r}"
        )
        raise InvalidService(service.name, problem, "put it into a file and name that in `environment_file`")
    return text.replace("%", "%%")
