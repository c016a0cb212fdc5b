"""Where an application comes from, in pip's own spelling: what is understood, and what is never printed."""

from __future__ import annotations

import pytest
from ansible_collections.rabbitry.stack.plugins.plugin_utils import app_source
from ansible_collections.rabbitry.stack.plugins.plugin_utils.app_source import SourceError


@pytest.mark.parametrize(
    ("given", "kind", "path"),
    [
        ("/srv/shop", "directory", "/srv/shop"),
        ("../app", "directory", "../app"),
        ("~/app", "directory", "~/app"),
        ("shop", "directory", "shop"),
        ("file:///srv/my%20shop", "directory", "/srv/my shop"),
        ("dist/shop-1.4.2-py3-none-any.whl", "archive", "dist/shop-1.4.2-py3-none-any.whl"),
        ("/srv/shop-1.4.2.tar.gz", "archive", "/srv/shop-1.4.2.tar.gz"),
        ("existing:/srv/shop/", "existing", "/srv/shop"),
        ("git+https://host/shop.git@main#subdirectory=backend/app", "git", "backend/app"),
    ],
)
def test_kinds_are_told_apart(given: str, kind: str, path: str) -> None:
    source = app_source.parse(given)
    assert (source.kind, source.path) == (kind, path)


@pytest.mark.parametrize("given", ["shop==1.4.2", "shop[web]>=1,<2", "Shop ~= 1.4", "shop.core===1.0+local"])
def test_a_package_is_what_pip_would_be_told(given: str) -> None:
    source = app_source.parse(given)
    assert (source.kind, source.requirement, source.is_installed) == ("requirement", given, True)


@pytest.mark.parametrize(
    ("given", "url", "ref"),
    [
        ("git+https://host/o/shop.git@v1.4.2", "https://host/o/shop.git", "v1.4.2"),
        ("git+https://host/o/shop.git@feature/x", "https://host/o/shop.git", "feature/x"),
        ("git+https://host/o/shop.git", "https://host/o/shop.git", ""),
        ("git+ssh://git@host/o/shop@main", "ssh://git@host/o/shop", "main"),
        ("git+file:///srv/shop@abcdef1", "file:///srv/shop", "abcdef1"),
        ("git+https://host:8443/o/shop.git@main#egg=shop", "https://host:8443/o/shop.git", "main"),
    ],
)
def test_git_has_an_address_and_a_ref(given: str, url: str, ref: str) -> None:
    source = app_source.parse(given)
    assert (source.url, source.ref, source.login) == (url, ref, "")


@pytest.mark.parametrize(
    ("given", "login"),
    [("user:p%40ss@", "user:p@ss"), ("t0ken@", "t0ken"), ("oauth2:t0ken@", "oauth2:t0ken")],
)
def test_a_login_is_kept_out_of_the_address_and_of_what_is_shown(given: str, login: str) -> None:
    source = app_source.parse(f"git+https://{given}host/shop.git@main#subdirectory=a")
    assert source.login == login
    assert source.url == "https://host/shop.git"
    assert source.shown == "git+https://host/shop.git@main#subdirectory=a"


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ("git@host:o/shop.git", "short addresses", "git+ssh://git@host/o/shop.git"),
        ("https://host/shop-1.0-py3-none-any.whl", "no such kind", "git+https"),
        ("shop @ https://host/shop.whl", "no such kind", "shop==1.4.2"),
        ("git+svn://host/shop", "no address of a git repository", "git+https"),
        ("git+https://host", "no address of a git repository", "git+https"),
        ("git+https://host/shop@--upload-pack=x", "begins with `-`", "a commit"),
        ("git+ssh://git:s3cret@host/shop@main", "no use with ssh", "use a key"),
        ("git+https://host/shop#subdirectory=../x", "leads out", ".."),
        ("existing:srv/shop", "the whole path", "existing:/srv/shop"),
        ("existing:/srv/../etc", "the whole path", "existing:/srv/shop"),
    ],
)
def test_what_cannot_be_fetched_is_refused(given: str, message: str, hint: str) -> None:
    with pytest.raises(SourceError, match=message) as raised:
        app_source.parse(given)
    assert hint in raised.value.hint


def test_the_file_of_a_package_tells_its_name_and_version() -> None:
    assert app_source.distribution("shop_web-1.4.2-py3-none-any.whl") == ("shop_web", "1.4.2")
    assert app_source.distribution("shop-1.4.2-1-cp311-cp311-manylinux_2_28_x86_64.whl") == ("shop", "1.4.2")
    assert app_source.distribution("shop-web-1.4.2.tar.gz") == ("shop-web", "1.4.2")
    for file in ("shop.whl", "shop.tar.gz"):
        with pytest.raises(SourceError, match=r"is not what a package's file is called"):
            app_source.distribution(file)
