"""Applications of every origin are deployed, run a task, and are not deployed again; bad ones are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from tests.support import application
from tests.support.checkout import CLONE, Checkout
from tests.support.hosts import Host

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]

UP = 300
APPS = "/srv/apps"
DECISIONS = f"{CLONE}/inventory/group_vars/local.yml"
UV = f"{CLONE}/.venv/bin/uv"
# What `inv` finds by itself, for the tools of the application's author.
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
TRUST = {"UV_SYSTEM_CERTS": "1", "SSL_CERT_FILE": CERTIFICATES, "REQUESTS_CA_BUNDLE": CERTIFICATES}
POETRY = f"{UV} tool run --quiet --from poetry==2.5.1 poetry"
CODE = """\
import tabulate
from celery import Celery

app = Celery("shop")
app.config_from_object("stack_settings")

@app.task(name="shop.sell")
def sell(count):
    return ["{label}", count * 3, tabulate.__version__, __file__, "{version}"]
"""
PROJECT = """\
[project]
name = "shop"
version = "1.4.2"
requires-python = ">=3.11,<4"
dependencies = ["celery[redis]>=5.7", "tabulate==0.9.0"]
"""
BUILD = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    """A stack that runs the sample."""
    host = Host.start("trixie", "systemd", label="sources")
    try:
        checkout = Checkout.clone_into(host)
        checkout.inv("up", seconds=UP)
        yield checkout
    finally:
        host.remove()


class Origin:
    """One application below /srv/apps, and how it comes onto the stack."""

    def __init__(self, checkout: Checkout, label: str) -> None:
        self.checkout, self.host, self.label = checkout, checkout.host, label
        self.path = f"{APPS}/{label}"

    def write(self, name: str, text: str) -> None:
        self.host.write(f"{self.path}/{name}", text)

    def run(self, command: str) -> str:
        return self.host.run(command, cwd=self.path, seconds=180, env=TRUST).out

    def code(self, folder: str = "", version: str = "1") -> None:
        self.write(f"{folder}shop/__init__.py", CODE.format(label=self.label, version=version))

    def decide(self, source: str, **more: object) -> None:
        decided = {"stack_app_source": source, "stack_app_module": "shop", **more}
        self.host.write(DECISIONS, yaml.safe_dump(decided))

    def deployed(self, source: str, **more: object) -> list[object]:
        """Bring it up twice, the second time for nothing; returns what its task answers."""
        self.decide(source, **more)
        self.checkout.inv("up", seconds=UP)
        answer = self.sold()
        self.checkout.inv("up", seconds=UP)
        assert self.checkout.changed() == 0
        return answer

    def sold(self) -> list[object]:
        answer: list[object] = application.result(self.host, application.send(self.host, "shop.sell", 7))
        assert answer[:2] == [self.label, 21]
        return answer

    def refused(self, *says: str) -> None:
        before = self.host.run("readlink /opt/rabbitry/current /opt/rabbitry/venv").out
        result = self.checkout.inv("up", check=False, seconds=UP)
        assert result.rc != 0, result
        assert [words for words in says if words not in result.text] == [], result
        assert "Traceback" not in result.text, result
        assert self.host.run("readlink /opt/rabbitry/current /opt/rabbitry/venv").out == before


def commit(origin: Origin, message: str) -> None:
    origin.run(f"git add -A && git -c user.name=t -c user.email=t@localhost commit -q -m {message}")


def test_git_by_a_branch_that_moves(checkout: Checkout) -> None:
    origin = Origin(checkout, "git")
    origin.code("backend/")
    origin.write("backend/requirements.txt", "tabulate==0.9.0\nredis<9\n")
    origin.run("git init -q -b main")
    commit(origin, "One")
    source = f"git+file://{origin.path}@main#subdirectory=backend"
    answer = origin.deployed(source)
    assert (answer[2], answer[4]) == ("0.9.0", "1")
    assert str(answer[3]).startswith("/opt/rabbitry/releases/")
    origin.code("backend/", version="2")
    commit(origin, "Two")
    checkout.inv("up", seconds=UP)
    assert origin.sold()[4] == "2"


def test_a_ref_that_does_not_exist_is_refused(checkout: Checkout) -> None:
    origin = Origin(checkout, "git")
    origin.decide(f"git+file://{origin.path}@nowhere")
    origin.refused("no branch, tag or commit `nowhere`", "hint: git ls-remote")


def test_a_project_that_must_be_installed_with_its_uv_lock(checkout: Checkout) -> None:
    origin = Origin(checkout, "locked")
    origin.code("src/")
    # As of a month ago: neither tabulate nor click are today's, and the set has another click.
    old = '[tool.uv]\nconstraint-dependencies = ["tabulate<0.9", "click<8.5"]\n'
    origin.write("pyproject.toml", PROJECT.replace("==0.9.0", "") + BUILD + old)
    origin.run(f"{UV} lock -q")
    answer = origin.deployed(origin.path)
    assert answer[2] == "0.8.10"
    assert str(answer[3]).startswith("/opt/rabbitry/venvs/")
    click = (
        "import importlib.metadata as m, json; print(json.dumps([m.version(n) for n in ('click', 'flower')]))"
    )
    assert application.python(checkout.host, click)[0].startswith(("8.3", "8.4"))


def test_a_lock_that_is_behind_its_project_is_refused(checkout: Checkout) -> None:
    origin = Origin(checkout, "locked")
    origin.run('sed -i \'s/"tabulate"/"tabulate", "requests"/\' pyproject.toml')
    origin.decide(origin.path)
    origin.refused("its `uv.lock` is not of its pyproject.toml", f"hint: cd {origin.path} && uv lock")


def test_a_wheel_and_the_source_archive_of_it(checkout: Checkout) -> None:
    origin = Origin(checkout, "archive")
    origin.code("src/")
    origin.write("pyproject.toml", PROJECT + BUILD)
    origin.run(f"{UV} build -q --out-dir dist .")
    answer = origin.deployed(f"{origin.path}/dist/shop-1.4.2-py3-none-any.whl")
    assert answer[2] == "0.9.0"
    assert str(answer[3]).startswith("/opt/rabbitry/venvs/")
    assert checkout.host.run("ls /opt/rabbitry/current/").out.split() == ["SOURCE"]
    before = checkout.host.run("readlink /opt/rabbitry/venv").out
    origin.decide(f"{origin.path}/dist/shop-1.4.2.tar.gz")
    checkout.inv("up", seconds=UP)
    assert origin.sold()[2] == "0.9.0"
    assert checkout.host.run("readlink /opt/rabbitry/venv").out != before


def test_a_package_of_an_index(checkout: Checkout) -> None:
    origin = Origin(checkout, "archive")
    served = f"{APPS}/index/shop"
    checkout.host.run(f"mkdir -p {served} && cp {origin.path}/dist/*.whl {served}/")
    requirement = f"--find-links {served}\nshop==1.4.2\n"
    origin.write("wanted.txt", requirement)
    origin.deployed("shop==1.4.2", stack_app_requirements=f"{origin.path}/wanted.txt")


def test_the_login_of_an_index_is_seen_nowhere(checkout: Checkout) -> None:
    origin = Origin(checkout, "archive")
    # Nothing listens there; what has to be fetched is not in a cache either, which is kept by index.
    origin.write("wanted.txt", "tabulate==0.8.9\n")
    wheel = f"{origin.path}/dist/shop-1.4.2-py3-none-any.whl"
    index = {"stack_app_index": "http://user:s3cret-pw@127.0.0.1:9/simple"}
    origin.decide(wheel, stack_app_requirements=f"{origin.path}/wanted.txt", **index)
    origin.refused("127.0.0.1:9", "hint: ")
    logs = f"cat {CLONE}/.state/local/log/*; journalctl --no-pager; cat /proc/[0-9]*/cmdline"
    said = checkout.host.run(logs, check=False, seconds=60).out
    assert "127.0.0.1:9" in said and "s3cret-pw" not in said


def test_a_wheel_that_is_missing_is_refused(checkout: Checkout) -> None:
    origin = Origin(checkout, "archive")
    origin.decide(f"{origin.path}/dist/shop-9-py3-none-any.whl")
    origin.refused("shop-9-py3-none-any.whl` is not there")


def test_poetry_lock(checkout: Checkout) -> None:
    origin = Origin(checkout, "poetry")
    origin.code()
    origin.write("pyproject.toml", PROJECT)
    origin.run(f"{POETRY} lock --no-interaction")
    assert origin.deployed(origin.path)[2] == "0.9.0"


def test_the_dependencies_of_a_project_without_a_lock(checkout: Checkout) -> None:
    origin = Origin(checkout, "project")
    origin.code()
    # Older than the set's: the set gives way where it need not insist.
    origin.write("pyproject.toml", PROJECT.replace('"tabulate', '"click<8.5", "tabulate'))
    assert origin.deployed(origin.path)[2] == "0.9.0"


def test_a_lock_of_an_unknown_kind_is_refused(checkout: Checkout) -> None:
    origin = Origin(checkout, "project")
    origin.write("Pipfile.lock", "{}")
    origin.decide(origin.path)
    origin.refused("its `Pipfile.lock` is a lock that is not read", "hint: pipenv requirements")


def test_what_is_on_the_host_already_with_its_own_environment(checkout: Checkout) -> None:
    origin = Origin(checkout, "existing")
    origin.code()
    packages = "'celery[redis]==5.7.0' 'redis>=7' flower tabulate==0.9.0"
    origin.run(
        f"{UV} venv -q --python /usr/bin/python3 venv"
        f" && {UV} pip install -q --python venv/bin/python {packages}"
    )
    own = {"stack_app_venv": f"{origin.path}/venv", "stack_app_python": "3.13"}
    assert origin.deployed(f"existing:{origin.path}", **own)[3] == f"{origin.path}/shop/__init__.py"
    assert checkout.host.run("readlink /opt/rabbitry/current").out.strip() == origin.path


def test_what_is_not_on_the_host_or_not_for_the_account_is_refused(checkout: Checkout) -> None:
    origin = Origin(checkout, "existing")
    origin.decide("existing:/srv/nowhere", stack_app_python="3.10", stack_app_venv="/srv/no/venv")
    origin.refused("`existing:/srv/nowhere`", "is not a directory there", "`3.10`", "/srv/no/venv")
    checkout.host.run("mkdir -p /root/shop && touch /root/shop/shop.py && chmod 700 /root")
    origin.decide("existing:/root/shop")
    origin.refused("cannot be read by the user `celery`")


def test_all_of_it_can_be_taken_away_and_the_host_keeps_its_own(checkout: Checkout) -> None:
    origin = Origin(checkout, "existing")
    origin.decide(f"existing:{origin.path}", stack_app_venv=f"{origin.path}/venv")
    checkout.inv("destroy", "--yes", seconds=UP)
    assert not checkout.host.exists("/opt/rabbitry")
    assert checkout.host.exists(f"{origin.path}/shop/__init__.py")
    assert checkout.host.exists(f"{origin.path}/venv/bin/celery")
