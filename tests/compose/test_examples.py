"""Examples keep in containers what they promise on hosts: the same classes of tests/examples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examples.test_canvas import Canvas
from tests.examples.test_celery_once import CeleryOnce
from tests.examples.test_django import Django
from tests.examples.test_django_tables import DjangoTables
from tests.examples.test_exchanges import Exchanges
from tests.examples.test_hello import HelloCelery, HelloRabbitmq
from tests.examples.test_once import Once
from tests.examples.test_signals import Signals
from tests.support.contained_example import ContainedExample
from tests.support.example import Deployed

pytestmark = [pytest.mark.hosts, pytest.mark.steps, pytest.mark.long]


@pytest.fixture(scope="class")
def example(
    request: pytest.FixtureRequest, images: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContainedExample]:
    """A stack of its own for each; nothing of it is left afterwards."""
    found = ContainedExample.write(tmp_path_factory.mktemp("example"), request.cls.name)
    try:
        yield found
    finally:
        found.checkout.forget()


class TestHelloRabbitmqContained(HelloRabbitmq, Deployed):
    name = "hello_rabbitmq"


class TestHelloCeleryContained(HelloCelery, Deployed):
    name = "hello_celery"


class TestExchangesContained(Exchanges, Deployed):
    name = "exchanges"


class TestSignalsContained(Signals, Deployed):
    name = "signals"


class TestCanvasContained(Canvas, Deployed):
    name = "canvas"


class TestOnceContained(Once, Deployed):
    name = "once"


class TestCeleryOnceContained(CeleryOnce, Deployed):
    name = "celery_once"


class TestDjangoContained(Django, Deployed):
    name = "django"


class TestDjangoTablesContained(DjangoTables, Deployed):
    name = "django_tables"
