"""RabbitMQ's own package repositories: what a host must be given for a pinned release of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.rabbitry.stack.plugins.module_utils.rabbitmq_releases import erlang_mismatch
from ansible_collections.rabbitry.stack.plugins.plugin_utils.fault import Fault

SOURCES = ("distribution", "vendor")
# The variable that chooses, by what the names of the others begin with: the role's and the model's.
SOURCE = {"rabbitmq": "rabbitmq_package_source", "stack_rabbitmq": "stack_rabbitmq_source"}
# RabbitMQ's page about installing on a family names the mirrors.
PAGES = {"Debian": "docs/install-debian", "RedHat": "docs/install-rpm"}
# There the vendor has no repository for Erlang: the distribution's own is the one that it is tested with.
ERLANG_OF_DISTRIBUTION = ("trixie",)
# The vendor's packages for release 9 are those for 10 and Fedora too.
ENTERPRISE_RELEASE = "9"
# More than what other repositories have (500), not enough to downgrade what is installed (1000).
PRIORITY = 900
NAME = "rabbitry-rabbitmq"
ARMOUR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"

APT_KEY = f"/etc/apt/keyrings/{NAME}.asc"
APT_SOURCES = f"/etc/apt/sources.list.d/{NAME}.sources"
APT_PINS = f"/etc/apt/preferences.d/{NAME}"
RPM_KEY = f"/etc/pki/rpm-gpg/RPM-GPG-KEY-{NAME}"
RPM_SOURCES = f"/etc/yum.repos.d/{NAME}.repo"

Files = list[dict[str, str]]


def rabbitmq_vendor(
    source: str,
    system: Mapping[str, Any],
    url: str = "",
    version: str = "",
    erlang_version: str = "",
    key: str = "",
) -> dict[str, Any]:
    """What the module `packages` needs: {names, sources}, both empty when the distribution is the source.

    `system` are Ansible's facts: os_family, distribution, distribution_release; `key` is the armoured text.
    `fault` is {message, hint}, both empty unless it cannot be done; names and sources are empty then.
    """
    nothing: dict[str, Any] = {"names": [], "sources": [], "fault": {"message": "", "hint": ""}}
    if source == "distribution":
        return nothing
    family = str(system.get("os_family", ""))
    if fault := refuse(family, url, version, erlang_version) or refuse_key(key):
        return {**nothing, "fault": fault.as_dict()}
    erlang = {"Debian": "erlang-base", "RedHat": "erlang"}[family]
    files = debian(system, url, version, erlang_version) if family == "Debian" else redhat(url, version)
    path = APT_KEY if family == "Debian" else RPM_KEY
    sources = [{"path": path, "content": key.rstrip() + "\n"}, *files]
    return {
        **nothing,
        "names": [f"rabbitmq-server={version}", f"{erlang}={erlang_version}"],
        "sources": sources,
    }


def refuse(
    family: str, url: str, version: str, erlang_version: str, prefix: str = "rabbitmq"
) -> Fault | None:
    """Why the vendor's packages cannot be had; `prefix` begins the names of the variables in the messages.

    An unknown `family` ("") is not judged.
    """
    if family and family not in PAGES:
        return Fault(
            f"RabbitMQ has no package repository for systems of the family {family}",
            f"write `{SOURCE[prefix]}: distribution`",
        )
    page = PAGES.get(family, PAGES["Debian"])
    write = f"write `{prefix}_vendor_url: https://…`   # RabbitMQ's page {page} names its mirrors"
    hint = f"{write}; a mirror of your company's serves as well"
    if not url:
        return Fault(f"`{prefix}_vendor_url` is empty: nothing says where the vendor's packages are", hint)
    place = urlsplit(url)
    if place.scheme not in ("http", "https", "file") or any(letter.isspace() for letter in url):
        return Fault(f"`{prefix}_vendor_url` is `{url}`, which is no URL of a repository", hint)
    if place.username or place.password:
        where = "/etc/apt/auth.conf.d/rabbitmq.conf" if family != "RedHat" else "/etc/dnf/vars"
        return Fault(
            f"`{prefix}_vendor_url` holds a login, which everybody could read in the sources of the host",
            f"sudo $EDITOR {where}   # and take the login out of the URL",
        )
    if mismatch := erlang_mismatch(version, erlang_version):
        names = f"`{prefix}_vendor_version` and `{prefix}_vendor_erlang_version`"
        return Fault(
            f"{names} do not fit: {mismatch}", f"write `{prefix}_vendor_erlang_version` of that range"
        )
    return None


def refuse_key(key: str) -> Fault | None:
    """Why a text is no key to give to every host."""
    if ARMOUR in key and "PRIVATE KEY" not in key:
        return None
    return Fault(
        "`rabbitmq_vendor_key` is no file with an armoured public key",
        "gpg --armor --export KEY >key.asc   # and write `rabbitmq_vendor_key: key.asc`",
    )


def debian(system: Mapping[str, Any], url: str, version: str, erlang_version: str) -> Files:
    """apt's sources and pins."""
    name, suite = str(system["distribution"]).lower(), str(system["distribution_release"])
    parts = ["rabbitmq-server"] if suite in ERLANG_OF_DISTRIBUTION else ["rabbitmq-erlang", "rabbitmq-server"]
    stanzas = [
        f"Types: deb\nURIs: {url.rstrip('/')}/{part}/{name}/{suite}\nSuites: {suite}\nComponents: main\n"
        f"Signed-By: {APT_KEY}\n"
        for part in parts
    ]
    pins = [
        f"Package: {package}\nPin: version {pattern(wanted)}\nPin-Priority: {PRIORITY}\n"
        for package, wanted in (("rabbitmq-server", version), ("erlang-*", erlang_version))
    ]
    return [
        {"path": APT_SOURCES, "content": "\n".join(stanzas)},
        {"path": APT_PINS, "content": "\n".join(pins)},
    ]


def pattern(version: str) -> str:
    """A version as apt's preferences match it: with any epoch, and any revision where none is given."""
    start = "" if ":" in version else "([0-9]+:)?"
    end = "$" if "-" in version else "[-+~.]"
    exact = re.sub(r"([.+])", r"\\\1", version)
    return f"/^{start}{exact}{end}/"


def redhat(url: str, version: str) -> Files:
    """dnf's repositories; the packages are verified by the key, what is not the pinned broker is not seen."""
    parts = {
        "erlang": ("erlang", "$basearch", "erlang"),
        "server": ("rabbitmq", "$basearch", f"rabbitmq-server-{version}*"),
        "server-noarch": ("rabbitmq", "noarch", f"rabbitmq-server-{version}*"),
    }
    sections = [
        f"[{NAME}-{part}]\nname=RabbitMQ ({part})\n"
        f"baseurl={url.rstrip('/')}/{folder}/el/{ENTERPRISE_RELEASE}/{architecture}\n"
        f"enabled=1\ngpgcheck=1\ngpgkey=file://{RPM_KEY}\npriority=10\nincludepkgs={packages}\n"
        for part, (folder, architecture, packages) in parts.items()
    ]
    return [{"path": RPM_SOURCES, "content": "\n".join(sections)}]


def vendors(stack: Mapping[str, Any]) -> bool:
    """Whether RabbitMQ comes from its vendor."""
    return stack.get("stack_rabbitmq_source") == "vendor"
