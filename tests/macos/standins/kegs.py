"""The kegs that the stand-in for Homebrew pours, out of Debian's packages, with what their formulae write."""

from __future__ import annotations

import json
import plistlib
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# brew lies in PREFIX/bin.
PREFIX = Path(sys.argv[0]).resolve().parent.parent
CELLAR, OPT = PREFIX / "Cellar", PREFIX / "opt"
ETC, VAR = PREFIX / "etc", PREFIX / "var"
ERLANG = "erlang@27"
NEEDS = {"rabbitmq": [ERLANG], "redis": [], ERLANG: []}
DEBIAN = {"rabbitmq": "rabbitmq-server", "redis": "redis-server", ERLANG: "erlang-base"}
RABBITMQ_ENV = f"""CONFIG_FILE={ETC}/rabbitmq/rabbitmq
NODE_IP_ADDRESS=127.0.0.1
NODENAME=rabbit@localhost
RABBITMQ_LOG_BASE={VAR}/log/rabbitmq
PLUGINS_DIR="{OPT}/rabbitmq/plugins:{PREFIX}/share/rabbitmq/plugins"
"""
PLUGINS = "[rabbitmq_management,rabbitmq_stomp,rabbitmq_amqp1_0,rabbitmq_mqtt,rabbitmq_stream]."
REDIS_CONF = f"""bind 127.0.0.1 ::1
protected-mode yes
port 6379
daemonize no
pidfile {VAR}/run/redis.pid
dir {VAR}/db/redis/
"""


def version(name: str) -> str:
    """The upstream part of the version of Debian's package."""
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", DEBIAN[name]], capture_output=True, text=True, check=True
    ).stdout
    return shown.rpartition(":")[2].partition("-")[0].partition("+")[0]


def installed() -> list[str]:
    return sorted(path.name for path in CELLAR.iterdir()) if CELLAR.is_dir() else []


def pour(name: str, on_request: bool) -> None:
    for one in NEEDS[name]:
        if one not in installed():
            pour(one, False)
    keg = CELLAR / name / version(name)
    print(f"==> Pouring {name}--{keg.name}.arm64_sonoma.bottle.tar.gz")
    keg.mkdir(parents=True)
    KEGS[name](keg)
    needed = [{"full_name": one, "version": version(one)} for one in NEEDS[name]]
    receipt = {"time": int(time.time()), "installed_on_request": on_request, "runtime_dependencies": needed}
    (keg / "INSTALL_RECEIPT.json").write_text(json.dumps(receipt))
    relink(OPT / name, keg)
    for folder in ("bin", "sbin") if "@" not in name else ():
        for program in sorted((keg / folder).glob("*")):
            relink(PREFIX / folder / program.name, program)
    print(f"==> Summary\n{keg}: {sum(1 for _ in keg.rglob('*'))} files, 1MB")


def relink(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def erlang(keg: Path) -> None:
    (keg / "bin").mkdir()
    for program in Path("/usr/lib/erlang/bin").iterdir():
        (keg / "bin" / program.name).symlink_to(program)


def rabbitmq(keg: Path) -> None:
    (source,) = Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*")
    for part in ("plugins", "escript", "ebin"):
        if (source / part).exists():
            (keg / part).symlink_to(source / part)
    shutil.copytree(source / "sbin", keg / "libexec")
    (keg / "sbin").mkdir()
    for script in (keg / "libexec").iterdir():
        text = script.read_text().replace("SYS_PREFIX=\n", f"SYS_PREFIX={PREFIX}\n")
        text = text.replace(
            'RABBITMQ_HOME="$(rmq_realpath "${RABBITMQ_SCRIPTS_DIR}/..")"', f"RABBITMQ_HOME={keg}"
        )
        script.write_text(text)
        wrapper = keg / "sbin" / script.name
        wrapper.write_text(
            f'#!/bin/bash\nPATH="{OPT}/{ERLANG}/bin:$PATH" exec "{keg}/libexec/{script.name}" "$@"\n'
        )
        wrapper.chmod(0o755)
    for folder in (VAR / "lib/rabbitmq", VAR / "log/rabbitmq", ETC / "rabbitmq"):
        folder.mkdir(parents=True, exist_ok=True)
    once(ETC / "rabbitmq/rabbitmq-env.conf", RABBITMQ_ENV)
    once(ETC / "rabbitmq/enabled_plugins", PLUGINS)
    path = f"{PREFIX}/sbin:/usr/sbin:/usr/bin:/bin:{PREFIX}/bin"
    service(
        keg,
        ProgramArguments=[f"{OPT}/rabbitmq/sbin/rabbitmq-server"],
        EnvironmentVariables={"PATH": path, "CONF_ENV_FILE": f"{ETC}/rabbitmq/rabbitmq-env.conf"},
        StandardOutPath=f"{VAR}/log/rabbitmq/std_out.log",
        StandardErrorPath=f"{VAR}/log/rabbitmq/std_error.log",
    )


def redis(keg: Path) -> None:
    (keg / "bin").mkdir()
    for name in ("redis-server", "redis-cli"):
        (keg / "bin" / name).symlink_to(f"/usr/bin/{name}")
    for folder in (VAR / "db/redis", VAR / "log", VAR / "run", ETC):
        folder.mkdir(parents=True, exist_ok=True)
    once(ETC / "redis.conf", REDIS_CONF)
    once(ETC / "redis-sentinel.conf", "port 26379\n")
    service(
        keg,
        ProgramArguments=[f"{OPT}/redis/bin/redis-server", f"{ETC}/redis.conf"],
        WorkingDirectory=str(VAR),
        KeepAlive=True,
        StandardOutPath=f"{VAR}/log/redis.log",
        StandardErrorPath=f"{VAR}/log/redis.log",
    )


KEGS = {"rabbitmq": rabbitmq, "redis": redis, ERLANG: erlang}


def once(path: Path, text: str) -> None:
    """A configuration file that is there stays; brew writes the new one beside it."""
    if path.exists():
        path = path.with_name(f"{path.name}.default")
    path.write_text(text)


def service(keg: Path, **more: Any) -> None:
    label = f"homebrew.mxcl.{keg.parent.name}"
    sessions = ["Aqua", "Background", "LoginWindow", "StandardIO", "System"]
    job = {"Label": label, "LimitLoadToSessionType": sessions, "RunAtLoad": True, **more}
    (keg / f"{label}.plist").write_bytes(plistlib.dumps(job))
