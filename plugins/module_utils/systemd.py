"""Renders a Service as a systemd unit, or as a drop-in of a packaged unit."""

from __future__ import annotations

import re

from ansible_collections.rabbitry.stack.plugins.module_utils.service import LAUNCH, Service, launch_options
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import CONTROL, InvalidService

HEADER = "# Written by Rabbitry; changes made here are overwritten.\n"
PLAIN = re.compile(r"[A-Za-z0-9_@:,./=+-]+\Z")
RESTART = {"always": "always", "on-failure": "on-failure", "never": "no"}
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Only what systemd leaves out by itself where a container forbids it, and nothing that hides a user's files.
SANDBOX = (
    "NoNewPrivileges=yes",
    "ProtectSystem=full",
    "ProtectControlGroups=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
)


def word(text: str) -> str:
    """One word for a unit file, quoted where needed; `%` is doubled because it begins a specifier."""
    if PLAIN.match(text):
        return text
    escaped = "".join(ESCAPES.get(c, f"\\x{ord(c):02x}" if CONTROL.match(c) else c) for c in text)
    return '"' + escaped.replace("%", "%%") + '"'


def command(words: list[str] | tuple[str, ...]) -> str:
    """A command line for ExecStart=, where `$` would also be expanded."""
    return " ".join(word(w).replace("$", "$$") for w in words)


def unit_name(service: Service) -> str:
    """The name of the unit that runs the service."""
    return service.unit or f"{service.name}.service"


def unit_path(service: Service) -> str:
    """The file that `render` belongs in."""
    unit = f"/etc/systemd/system/{unit_name(service)}"
    return f"{unit}.d/rabbitry.conf" if service.unit else unit


def render(service: Service) -> str:
    """The text of the unit file, or of the drop-in when the service has a packaged `unit`.

    A drop-in leaves command, account and directory to the package. Raises InvalidService.
    """
    sections = {"Unit": _unit(service), "Service": _service(service)}
    if not service.unit:
        sections["Install"] = ["WantedBy=multi-user.target"]
    for name, lines in service.unit_options.items():
        if name not in ("Unit", "Service", "Install"):
            raise InvalidService(service.name, f"`unit_options` has `{name}`, not Unit, Service or Install")
        broken = [line for line in lines if "=" not in line or CONTROL.search(line)]
        if broken:
            raise InvalidService(
                service.name, f"`unit_options.{name}` has {broken[0]!r}, not one line Key=value"
            )
        sections.setdefault(name, []).extend(lines)
    return HEADER + "\n".join("\n".join([f"[{name}]", *lines, ""]) for name, lines in sections.items())


def _unit(service: Service) -> list[str]:
    after = " ".join(f"{name}.service" for name in service.after)
    lines = [] if service.unit else [f"Description={_plain(service.description or service.name)}"]
    if after or not service.unit:
        lines.append(f"After={' '.join(filter(None, ['network.target', after]))}")
    if after:
        lines.append(f"Wants={after}")
    return [*lines, "StartLimitIntervalSec=0"]


def _service(service: Service) -> list[str]:
    lines = [f"Environment={word(f'{key}={value}')}" for key, value in service.environment.items()]
    if service.environment_file:
        lines.append(f"EnvironmentFile={_plain(service.environment_file)}")
    if service.ready.file:
        # A file left over from the last run would make the next start look ready.
        lines.append(f"ExecStartPre=-+/bin/rm -f {command([service.ready.file])}")
    waiting = launch_options(service)
    if service.unit:
        if waiting:
            lines.append(f"ExecStartPre={command([LAUNCH, *waiting, '--', '/bin/true'])}")
    else:
        start = [LAUNCH, *waiting, "--", *service.command] if waiting else service.command
        group = [f"Group={service.group}"] if service.group else []
        lines = [
            "Type=exec",
            f"User={service.user}",
            *group,
            f"WorkingDirectory={_plain(service.working_dir)}",
            *lines,
        ]
        lines += [f"ExecStart={command(start)}", f"KillSignal=SIG{service.stop_signal}", "KillMode=mixed"]
    lines += [f"Restart={RESTART[service.restart]}", f"RestartSec={service.restart_delay}"]
    lines.append(f"TimeoutStopSec={service.stop_timeout}")
    if service.open_files:
        lines.append(f"LimitNOFILE={service.open_files}")
    if service.umask:
        lines.append(f"UMask={service.umask}")
    if service.runtime_dirs:
        lines.append("RuntimeDirectory=" + " ".join(f"rabbitry/{name}" for name in service.runtime_dirs))
    return lines if service.unit else [*lines, *SANDBOX]


def _plain(text: str) -> str:
    return text.replace("%", "%%")
