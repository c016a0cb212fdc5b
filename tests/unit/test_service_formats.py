"""What the three supervisors are given: nasty words come back when read by each format's own rules."""

from __future__ import annotations

import configparser
import plistlib
import re
import shlex
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import launchd, supervisord, systemd
from ansible_collections.rabbitry.stack.plugins.module_utils.service import Service
from ansible_collections.rabbitry.stack.plugins.module_utils.service_values import InvalidService

from tests.unit.nasty import CONTROL, ONE_LINE


def service(**change: Any) -> Service:
    return Service.from_vars({"name": "probe", "command": ["/bin/probe"], "user": "app", **change})


def unit_lines(text: str, key: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


def unit_words(line: str, command: bool) -> list[str]:
    """Split and unescape as systemd does (systemd.syntax, Quoting)."""
    found = []
    for quoted, bare in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line):
        raw = re.sub(r"\\x(..)", lambda hexed: chr(int(hexed[1], 16)), quoted) if quoted else bare
        word = re.sub(r"\\(.)", lambda one: {"n": "\n", "t": "\t"}.get(one[1], one[1]), raw)
        assert not re.search(r"(?<!%)(%%)*%(?!%)", word), f"a specifier in {word!r}"
        word = word.replace("%%", "%")
        found.append(word.replace("$$", "$") if command else word)
    return found


def program(text: str) -> dict[str, str]:
    """Read a program as supervisord 4.2 does: inline comments, %(here)s first, then %-expansion."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(text)
    found = parser.items("program:probe")
    return {key: value.replace("%(here)s", "/HERE") % {"ENV_HOME": "/EXPANDED"} for key, value in found}


def program_environment(text: str) -> dict[str, str]:
    """Supervisord's own way to take KEY="value",... apart."""
    lexer = shlex.shlex(text)
    lexer.wordchars += "/.+-():"
    tokens = list(lexer)
    return {tokens[i]: tokens[i + 2].strip("'\"") for i in range(0, len(tokens), 4)}


def test_words_of_a_command_arrive_under_systemd() -> None:
    words = ["/bin/probe", *ONE_LINE, *CONTROL]
    (line,) = unit_lines(systemd.render(service(command=words)), "ExecStart")
    assert unit_words(line, command=True) == words


@pytest.mark.parametrize("value", [*ONE_LINE, *CONTROL])
def test_an_environment_value_arrives_under_systemd(value: str) -> None:
    (line,) = unit_lines(systemd.render(service(environment={"A": value})), "Environment")
    assert unit_words(line, command=False) == [f"A={value}"]


def test_words_of_a_command_arrive_under_supervisord() -> None:
    words = ["/bin/probe", *ONE_LINE]
    command = program(supervisord.render(service(command=words)))["command"]
    assert shlex.split(command)[2:] == words


@pytest.mark.parametrize("value", ONE_LINE)
def test_an_environment_value_arrives_under_supervisord_or_is_refused(value: str) -> None:
    try:
        text = supervisord.render(service(environment={"A": value}))
    except InvalidService as refused:
        assert "`environment.A`" in str(refused) and "environment_file" in refused.hint
        assert re.search(r"\s[;#]|^['\"]|['\"]$|\".*'|%\(here\)s", value)
    else:
        read = program_environment(program(text)["environment"])
        assert read == {"RABBITRY_SERVICE": "probe", "A": value}


@pytest.mark.parametrize("value", CONTROL)
def test_supervisord_refuses_control_characters(value: str) -> None:
    for change in ({"command": ["/bin/probe", value]}, {"environment": {"A": value}}):
        with pytest.raises(InvalidService, match="supervisord cannot carry"):
            supervisord.render(service(**change))


def test_everything_arrives_under_launchd() -> None:
    words = ["/bin/probe", *ONE_LINE, "line\nbreak"]
    job = plistlib.loads(launchd.render(service(command=words, environment={"A": ONE_LINE[-1]})).encode())
    python, *rest = job["ProgramArguments"]
    assert python.startswith("/") and rest == ["-IS", "/opt/rabbitry/libexec/launch", "--", *words]
    assert job["EnvironmentVariables"].items() >= {"A": ONE_LINE[-1], "RABBITRY_SERVICE": "probe"}.items()


@pytest.mark.parametrize(
    ("render", "change", "words"),
    [
        (launchd.render, {"stop_signal": "INT"}, "launchd stops with TERM only, not with INT"),
        (launchd.render, {"command": ["/bin/x", "\x07"]}, "cannot carry the control character"),
        (supervisord.render, {"group": "other"}, "cannot run user `app` with group `other`"),
        (supervisord.render, {"command": None, "unit": "x.service"}, "supervisord needs a `command`"),
        (launchd.render, {"command": None, "unit": "x.service"}, "launchd needs a `command`"),
        (systemd.render, {"unit_options": {"Socket": ["A=b"]}}, "`Socket`, not Unit, Service or Install"),
        (systemd.render, {"unit_options": {"Service": ["A=b\nUser=root"]}}, "not one line Key=value"),
    ],
)
def test_what_a_format_cannot_carry_is_refused(render: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidService) as refused:
        render(service(**change))
    assert words in str(refused.value) and "`probe`" in str(refused.value)


def test_a_unit_says_all_of_the_description() -> None:
    text = systemd.render(
        service(
            description="50% of it",
            after=["redis-server"],
            environment_file="/etc/x.env",
            open_files=4096,
            runtime_dirs=["probe"],
            stop_timeout=330,
            stop_signal="INT",
            wait_for=["127.0.0.1:5672"],
            ready={"file": "/run/rabbitry/probe/ready"},
            unit_options={"Service": ["Nice=5"]},
        )
    )
    for line in (
        "Description=50%% of it", "After=network.target redis-server.service", "Wants=redis-server.service",
        "StartLimitIntervalSec=0", "Type=exec", "User=app", "EnvironmentFile=/etc/x.env", "Restart=always",
        "RestartSec=2", "KillMode=mixed", "KillSignal=SIGINT", "TimeoutStopSec=330", "LimitNOFILE=4096",
        "RuntimeDirectory=rabbitry/probe", "ExecStartPre=-+/bin/rm -f /run/rabbitry/probe/ready",
        "ExecStart=/opt/rabbitry/libexec/launch --wait 127.0.0.1:5672 --timeout 60 -- /bin/probe",
        "NoNewPrivileges=yes", "Nice=5", "WantedBy=multi-user.target",
    ):  # fmt: skip
        assert line in text.splitlines()


def test_a_packaged_unit_gets_only_a_drop_in() -> None:
    redis = service(name="redis-server", unit="redis-server.service", open_files=10032, stop_timeout=60)
    assert systemd.unit_path(redis) == "/etc/systemd/system/redis-server.service.d/rabbitry.conf"
    lines = systemd.render(redis).splitlines()
    assert {"LimitNOFILE=10032", "Restart=always", "TimeoutStopSec=60", "StartLimitIntervalSec=0"} <= set(
        lines
    )
    assert not [one for one in lines if re.match(r"ExecStart=|User=|Type=|WantedBy=|Description=|NoNew", one)]


def test_supervisord_never_gives_up_and_boots_only_what_is_enabled() -> None:
    values = program(supervisord.render(service(restart="on-failure"), autostart=False))
    assert values["autostart"] == "false" and values["autorestart"] == "unexpected"
    assert int(values["startretries"]) > 100_000 and values["killasgroup"] == "true"
