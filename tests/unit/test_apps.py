"""Several applications on one stack: what each has by default, and what two must not have in common."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils.apps import (
    DECISIONS,
    app_password_terms,
    app_secret_key_terms,
    app_secret_keys,
    app_secrets,
    app_services,
    app_users,
    apps,
    apps_consumer_timeout,
    apps_topology,
)
from ansible_collections.rabbitry.stack.plugins.plugin_utils.departed import departed
from ansible_collections.rabbitry.stack.plugins.plugin_utils.spec import GROUPS

from tests.unit.healthy import EVERYWHERE, HEALTHY, faults_of

ONE = {key: HEALTHY[variable] for key, variable in DECISIONS.items()}
SHOP: dict[str, Any] = {"name": "shop"}


def messages(*entries: dict[str, Any]) -> list[str]:
    declared = {"stack_apps": list(entries), "stack_bindings": [], "stack_users": []}
    return [fault.message for fault in faults_of(declared)]


def test_without_entries_the_only_application_is_that_of_the_decisions() -> None:
    (app,) = apps([], ONE, home="/opt/rabbitry")
    assert app["name"] == "" and app["label"] == app["secret"] == "app" and app["home"] == "/opt/rabbitry"
    assert {key: app[key] for key in ONE} == ONE


def test_a_named_one_has_everything_of_its_own() -> None:
    shop, blog = apps(
        [SHOP, {"name": "my-blog", "queues": ["posts"], "prefetch": 9}], ONE, ["a", "b"], "/opt"
    )
    assert (shop["vhost"], shop["user"], shop["module"], shop["db"]) == ("shop", "shop", "shop", 0)
    assert (blog["vhost"], blog["module"], blog["db"], blog["home"]) == (
        "my-blog",
        "my_blog",
        1,
        "/opt/apps/my-blog",
    )
    assert (shop["flower_port"], blog["flower_port"]) == (5555, 5556)
    assert (shop["prefetch"], blog["prefetch"]) == (4, 9)
    assert shop["queues"] == ["default"] and blog["workers"][0]["queues"] == ["posts"]
    assert app_secrets([shop, blog]) == {"user/shop": "a", "user/my-blog": "b"}


def test_a_given_password_wins_and_the_others_are_generated_by_user() -> None:
    given = {"name": "blog", "user": "a/b", "password": "own"}
    assert apps([given], ONE, ["generated"])[0]["password"] == "own"
    terms = app_password_terms([SHOP, given], "/s")
    assert [term.split()[0] for term in terms] == ["/s/user/shop", "/s/user/a%2Fb"]


def test_a_django_project_migrates_and_has_a_key_of_its_own() -> None:
    django = {"django_settings": "site.settings"}
    entries = [SHOP, {"name": "blog", **django}, {"name": "cms", **django, "release_commands": []}]
    shop, blog, cms = apps(entries, ONE, secret_keys=["b", "c"])
    assert (shop["release_commands"], shop["secret_key"], shop["results"]) == ([], "", "redis")
    assert (blog["release_commands"], blog["secret_key"]) == (["python -m django migrate --noinput"], "b")
    assert (cms["release_commands"], cms["secret_key"]) == ([], "c")
    assert app_secret_keys([shop, blog, cms]) == {"secret_key/blog": "b", "secret_key/cms": "c"}
    assert app_secret_keys(apps([], ONE)) == {"secret_key": "s3cret-key"}
    terms = app_secret_key_terms(entries, "/s")
    assert [term.split()[0] for term in terms] == ["/s/secret_keys/blog", "/s/secret_keys/cms"]


def test_each_may_do_everything_on_its_own_virtual_host_only() -> None:
    users = app_users(apps([SHOP, {"name": "blog"}], ONE))
    assert [[right["vhost"] for right in user["permissions"]] for user in users] == [["shop"], ["blog"]]


def test_services_are_named_by_kind_application_and_worker() -> None:
    found = apps([SHOP, {"name": "blog", "beat": False}], ONE)
    assert app_services(found, "worker") == ["stack-worker-shop-default", "stack-worker-blog-default"]
    assert app_services(found, "beat") == ["stack-beat-shop"]
    assert app_services(apps([], ONE), "flower") == ["stack-flower"]


def test_the_broker_holds_the_queues_of_all() -> None:
    topology = apps_topology(apps([SHOP, {"name": "blog", "queues": ["posts"]}], ONE))
    declared = {(queue["vhost"], queue["name"]) for queue in topology["queues"]}
    assert {("shop", "default"), ("blog", "posts"), ("blog", "tasks.dead")} <= declared
    assert ("shop", "posts") not in declared


def test_the_longest_task_of_all_decides_how_long_the_broker_waits() -> None:
    found = apps([SHOP, {"name": "blog", "longest_task": 3600}], ONE)
    assert apps_consumer_timeout(found) == 5 * 3600


def test_two_applications_side_by_side_are_fine() -> None:
    assert messages(SHOP, {"name": "blog"}) == []


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([SHOP, SHOP], "2 applications are named `shop`"),
        ([SHOP, {"name": "blog", "vhost": "shop"}], "`shop` and `blog` have one virtual host, `shop`"),
        ([SHOP, {"name": "blog", "db": 0}], "`shop` and `blog` have one database of Redis, `0`"),
        (
            [SHOP, {"name": "blog", "flower_port": 5555}],
            "port 5555 is used twice: by `stack_apps (shop).flower_port` and `stack_apps (blog).flower_port`",
        ),
        (
            [SHOP, {"name": "blog", "user": "shop"}],
            "`stack_apps (shop).user` and `stack_apps (blog).user` are one account, `shop`",
        ),
        (
            [{"name": "shop", "user": "admin"}],
            "`stack_apps (shop).user` and `stack_admin_user` are one account, `admin`",
        ),
        ([{"name": "shop", "queues": ["a", "b"], "workers": [{"name": "w", "queues": ["a"]}]}], "no worker"),
        (
            [{"name": "shop", "workers": [{"name": "w", "queues": ["gone"]}]}],
            "application `shop`: the worker `w` consumes `gone`, which `queues` does not declare",
        ),
        ([{"name": "shop", "environment": {"1X": 1}}], "`1X` in `stack_apps (shop).environment` is no name"),
        (
            [
                {"name": "a", "workers": [{"name": "b-c", "queues": ["default"]}]},
                {"name": "a-b", "workers": [{"name": "c", "queues": ["default"]}]},
            ],
            "two workers would be the service `stack-worker-a-b-c`",
        ),
        ([{"name": "Shop"}], "`stack_apps[0].name` is `Shop` and must be lower-case letters"),
        ([{"name": "shop", "queus": []}], "key `queus` of `stack_apps[0] (shop)` is not known"),
        ([{"name": "shop", "celery_set": "5.6"}], "Celery 5.6 with quorum queues stall"),
    ],
)
def test_what_cannot_be_is_refused(entries: list[dict[str, Any]], said: str) -> None:
    groups = {**EVERYWHERE, "brokers": ["queue1"]} if "5.6" in said else EVERYWHERE
    declared = {"stack_apps": entries, "stack_bindings": [], "stack_users": [], "stack_bind": "0.0.0.0"}
    found = [fault.message for fault in faults_of(declared, groups)]
    assert [one for one in found if said in one], found


def test_what_nobody_declares_any_more_has_departed() -> None:
    ours = ["celery_app", "celery_worker-shop", "flower-blog", "rabbitmq", "redis-server", "service"]
    shop = apps([SHOP], ONE)
    assert departed(ours, shop, GROUPS) == ["celery_app", "flower-blog"]
    assert departed(ours, shop, ["brokers"]) == ["celery_app", "celery_worker-shop", "flower-blog"]
    assert departed(["celery_app", "flower"], apps([], ONE), GROUPS) == []
