"""Reading and changing a broker over HTTP: waiting, refused logins, errors in one sentence."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils.broker import (
    Broker,
    BrokerError,
    LoginRefused,
    administrator_password,
)
from ansible_collections.rabbitry.stack.plugins.module_utils.definitions import compare
from ansible_collections.rabbitry.stack.plugins.module_utils.management import Management

Answer = tuple[int, Any]
READY: Answer = (200, {"vhosts": [], "users": []})


class Api(ThreadingHTTPServer):
    """A management API that gives prepared answers in turn, the last one for ever, and keeps the requests.

    `connections` counts how often a client came.
    """

    connections = 0

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, str, Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Api

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.requests.append((self.command, self.path, body))
        answers = self.server.answers
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        text = json.dumps(content).encode() if content is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the requests are kept."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api([READY]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Commands:
    """Stands in for the command runner; ends every command with ``status``."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.ran: list[list[str]] = []

    def __call__(self, words: list[str]) -> tuple[int, str, str]:
        self.ran.append(words)
        return self.status, "", "first\n\nlast\n"


def broker(url: str, commands: Commands | None = None) -> Broker:
    return Broker(Management(url, "admin", "pw"), "admin", commands or Commands(), "ctl")


def test_an_api_that_is_still_starting_is_waited_for(api: Api) -> None:
    api.answers = [(404, None), (503, {"error": "not yet"}), READY]
    assert broker(api.url).read(5) == READY[1]
    assert len(api.requests) == 3


def test_an_api_that_never_comes_is_named_with_the_time_waited() -> None:
    with pytest.raises(BrokerError, match=r"no answer from http://127\.0\.0\.1:9 \(.*\) after 0\.2 s"):
        broker("http://127.0.0.1:9").read(0.2)


def test_a_login_refused_during_boot_is_tried_again_when_the_node_is_up(api: Api) -> None:
    api.answers = [(401, {"error": "not_authorized", "reason": "Login failed"}), READY]
    commands = Commands()
    assert broker(api.url, commands).read_after_start(30) == READY[1]
    assert commands.ran == [["ctl", "--quiet", "await_startup", "--timeout", "30"]]


def test_a_login_that_stays_refused_is_named(api: Api) -> None:
    api.answers = [(401, {"error": "not_authorized", "reason": "Login failed"})]
    with pytest.raises(
        LoginRefused, match=r"user `admin` cannot log in to http://.*: HTTP 401: Login failed"
    ) as caught:
        broker(api.url).read_after_start(5)
    assert caught.value.hint == "rabbitmqctl authenticate_user admin"


def test_another_error_is_the_brokers_own_sentence(api: Api) -> None:
    api.answers = [(500, {"error": "bad", "reason": "the disk is gone"})]
    with pytest.raises(BrokerError, match="refused a request of user `admin`: HTTP 500: the disk is gone"):
        broker(api.url).read(5)


def test_a_command_that_fails_brings_its_last_lines(api: Api) -> None:
    with pytest.raises(BrokerError, match="`rabbitmqctl import_definitions` ended with status 69") as caught:
        broker(api.url, Commands(69)).import_document("/etc/d.json")
    assert caught.value.log == ["first", "last"]


def test_changes_are_sent_in_one_document_and_old_vhosts_and_users_one_by_one(api: Api) -> None:
    api.answers = [(204, None)]
    declared = {
        "vhosts": [{"name": "a/b", "default_queue_type": "quorum"}, {"name": "new"}],
        "users": [{"name": "admin", "password": "pw", "tags": ["administrator"]}],
    }
    exported = {
        "vhosts": [{"name": "a/b", "default_queue_type": "classic"}],
        "users": [{"name": "guest", "password_hash": "", "tags": []}],
    }
    broker(api.url).send(declared, compare(declared, exported))
    loaded, vhost, guest = api.requests
    assert loaded[:2] == ("POST", "/api/definitions")
    assert [one["name"] for one in loaded[2]["vhosts"]] == ["a/b", "new"]
    assert [one["name"] for one in loaded[2]["users"]] == ["admin"]
    assert vhost == ("PUT", "/api/vhosts/a%2Fb", {"default_queue_type": "quorum"})
    assert guest == ("DELETE", "/api/users/guest", None)


def test_an_old_broker_is_asked_for_its_vhosts_too(api: Api) -> None:
    vhosts = [{"name": "app", "metadata": {"default_queue_type": "quorum"}}]
    api.answers = [(200, {"vhosts": [{"name": "app"}]}), (200, vhosts)]
    assert broker(api.url).read(5) == {"vhosts": vhosts}


@pytest.mark.parametrize("url", ["https://h:1", "127.0.0.1:15672", "http://"])
def test_a_url_that_is_not_plain_http_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not of the form http://host:port"):
        Management(url, "u", "p")


def test_only_a_declared_administrator_can_compare() -> None:
    users = [{"name": "admin", "password": "x", "tags": ["administrator"]}, {"name": "app", "password": "y"}]
    assert administrator_password({"users": users}, "admin") == "x"
    with pytest.raises(BrokerError, match="user `app` has no tag `administrator`"):
        administrator_password({"users": users}, "app")
    with pytest.raises(BrokerError, match="user `gone` is not among the declared users"):
        administrator_password({"users": users}, "gone")


def test_what_follows_a_tool_has_a_connection_of_its_own(api: Api) -> None:
    node = broker(api.url)
    node.get("/api/overview")
    node.tool("rabbitmq-plugins", "set", "rabbitmq_management")
    node.delete("/api/users/guest")
    assert [method for method, *_ in api.requests] == ["GET", "DELETE"]
    assert api.connections == 2
