"""How an environment is filled: by the set's lock, by the application's own, by what it leaves open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.rabbitry.stack.plugins.module_utils import uv
from ansible_collections.rabbitry.stack.plugins.module_utils.deployment import DeploymentError
from ansible_collections.rabbitry.stack.plugins.module_utils.environment_build import Recipe
from ansible_collections.rabbitry.stack.plugins.module_utils.environment_fill import Filling
from ansible_collections.rabbitry.stack.plugins.module_utils.requirements_text import lines

SET = "celery==5.7.0 --hash=sha256:00\nclick==8.5.1 --hash=sha256:01\nflower==2.2.0 --hash=sha256:02\n"
OWN = "celery==5.7.0 --hash=sha256:00\nclick==8.4.0 --hash=sha256:03\nwin==1 ; sys_platform == 'win32'\n"


class FakeUv(uv.Uv):
    """Installs what it is told as empty metadata; `calls` are (verb, file's lines, other words)."""

    calls: list[tuple[str, list[str], tuple[str, ...]]]
    check: Callable[[], str]
    root: Path

    def run(self, *words: str) -> str:
        verb, given = words[1], words[2:]
        if verb == "check":
            return self.check()
        text = Path(given[-1]).read_text()
        self.calls.append((verb, text.splitlines(), given))
        if verb == "compile":
            output = Path(given[given.index("--output-file") + 1])
            self.calls.append(("preferred", output.read_text().splitlines(), ()))
            output.write_text("celery==5.7.0 --hash=sha256:00\n")
        for line in lines(text) if verb != "compile" else []:
            if line.name != "win" and not line.is_option:
                name = line.name or Path(line.text).name.partition("-")[0]
                (self.root / f"lib/python3.13/site-packages/{name}-1.dist-info").mkdir(parents=True)
        return ""


@pytest.fixture
def program(tmp_path: Path) -> FakeUv:
    fake = FakeUv("uv")
    for name, value in {"calls": [], "check": lambda: "", "root": tmp_path}.items():
        object.__setattr__(fake, name, value)
    return fake


@pytest.fixture
def filling(program: FakeUv, tmp_path: Path) -> Filling:
    return Filling(tmp_path, program)


def test_the_set_is_taken_as_it_is(filling: Filling, program: FakeUv, tmp_path: Path) -> None:
    filling.take(SET)
    ((verb, text, words),) = program.calls
    assert (verb, text) == ("sync", SET.splitlines())
    assert "--require-hashes" in words
    assert (tmp_path / "lock.txt").read_text() == SET


def test_the_application_s_lock_leads_and_the_set_adds_what_it_lacks(
    filling: Filling, program: FakeUv
) -> None:
    filling.follow(OWN, SET + "win==2 --hash=sha256:04\n", "")
    (_, own, _), (verb, added, words) = program.calls
    assert own == OWN.splitlines()
    # What the lock has only for another system is not on this host: the set's is taken.
    assert (verb, added) == ("install", ["flower==2.2.0 --hash=sha256:02", "win==2 --hash=sha256:04"])
    assert "--no-deps" in words


def test_the_application_itself_is_installed_as_its_lock_has_the_rest(
    filling: Filling, program: FakeUv, tmp_path: Path
) -> None:
    filling.follow(OWN, SET, "/tmp/x/shop-1.4.2-py3-none-any.whl")
    verb, text, words = program.calls[-1]
    assert (verb, text) == ("install", ["/tmp/x/shop-1.4.2-py3-none-any.whl"])
    assert "--no-deps" in words
    assert "shop-1.4.2-py3-none-any.whl" in (tmp_path / "lock.txt").read_text()


COMPLAINT = "The package `flower` requires `tornado>=6.5,<7`, but `6.1` is installed"
OTHER = "The package `celery` requires `kombu>=6`, but `5.7` is installed"


@pytest.mark.parametrize(("said", "fails"), [([OTHER, COMPLAINT], True), ([OTHER], False)])
def test_what_was_added_must_work_with_the_lock_which_is_not_judged_itself(
    said: list[str], fails: bool, filling: Filling, program: FakeUv
) -> None:
    def check() -> str:
        raise DeploymentError("`uv pip` failed", log=said)

    object.__setattr__(program, "check", check)
    if not fails:
        return filling.follow(OWN, SET, "")
    with pytest.raises(
        DeploymentError, match=r"`flower` needs `tornado>=6.5,<7`, .* `6.1` is installed"
    ) as raised:
        filling.follow(OWN, SET, "")
    assert raised.value.hint.startswith("uv lock --upgrade-package tornado")
    return None


def test_choices_are_the_set_s_as_far_as_they_fit(filling: Filling, program: FakeUv) -> None:
    filling.choose("requests\n--extra-index-url https://u:p@host\n", "celery==5.7.0\n", SET, "shop==1.4.2")
    (_, _, words), (_, preferred, _), (_, synced, _) = program.calls
    assert preferred == SET.splitlines()
    assert (
        "--generate-hashes" in words and len([word for word in words if word.endswith((".txt", ".in"))]) == 4
    )
    assert synced == ["--extra-index-url https://u:p@host", "celery==5.7.0 --hash=sha256:00"]


def test_a_wheel_is_not_looked_for_in_an_index(filling: Filling, program: FakeUv) -> None:
    filling.choose("", "celery==5.7.0\n", SET, "/tmp/x/shop_web-1.4.2-py3-none-any.whl")
    words = program.calls[0][2]
    assert words[words.index("--no-emit-package") + 1] == "shop-web"
    assert program.calls[-1][:2] == ("install", ["/tmp/x/shop_web-1.4.2-py3-none-any.whl"])


def test_a_login_of_an_index_stays_out_of_what_is_kept(filling: Filling, tmp_path: Path) -> None:
    filling.follow(f"--index-url https://u:s3cret@host\n{OWN}", SET, "")
    assert "s3cret" not in (tmp_path / "lock.txt").read_text()


def test_no_file_with_requirements_can_be_read_by_others(filling: Filling) -> None:
    with filling._file(lines(OWN)) as file:
        assert Path(file).parent.stat().st_mode & 0o077 == 0


def test_the_digest_depends_on_all_that_is_in_an_environment() -> None:
    base = {"lock": "a==1", "requirements": "", "python": "/usr/bin/python3", "version": "3.13"}
    more = [{}, {"own": "b==1"}, {"package": "one"}, {"package": "two"}, {"requirements": "c"}]
    more += [{"requirements": "c", "leading": "a==2"}]
    digests = [Recipe(**{**base, **one}).digest for one in more]
    assert len(set(digests)) == len(digests)
    # Where the wheel lies on the host is of no account.
    assert Recipe(**base, package="one", install="/tmp/x.whl").digest == digests[2]
