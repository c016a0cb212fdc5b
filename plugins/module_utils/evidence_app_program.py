"""What is asked of an application, in its own interpreter: only with what that interpreter has."""

from __future__ import annotations

from ansible_collections.rabbitry.stack.plugins.module_utils.settings_program import SETTINGS

# Arguments: the module as `celery -A` takes it, then the names of the workers. Prints one JSON document.
PROGRAM = (
    SETTINGS
    + '''
import importlib.metadata, json, os, re, socket, sys, threading, traceback
from collections import Counter

SHADOWED = ("celery", "kombu", "amqp", "redis", "flower", "billiard", "vine", "pika")
NAMES = (*SHADOWED, "setuptools", "celery-once")
SETTINGS = (
    "accept_content", "task_serializer", "task_default_queue", "task_ignore_result", "task_acks_late",
    "timezone", "enable_utc", "worker_concurrency", "worker_prefetch_multiplier", "worker_pool",
    "worker_enable_remote_control", "worker_max_tasks_per_child", "broker_heartbeat",
)
PATIENCE = 5.0
PASSWORD = re.compile(r"^[^:/]+://[^:]*:(?P<password>.*)@")
found = {"python": sys.version.split()[0], "packages": {}, "error": "", "variables": {}}


def said(error):
    lines = [line for line in traceback.format_exception_only(type(error), error) if line.strip()]
    return " ".join(" ".join(lines).split())[:600]


def safe(url):
    """A URL without its password."""
    return re.sub(r"://([^:/@]*):.*@", r"://\\1:**@", str(url or ""))


def unquoted(url):
    """The characters of a URL's password that end it for whoever takes the URL apart."""
    # Several brokers, or sentinels, have a URL each.
    matches = [PASSWORD.match(part) for part in re.split(r";(?=(?:sentinel|amqps?):)", str(url or ""))]
    return sorted({one for match in matches if match for one in match["password"]} & set("#/?@[]"))


for name in NAMES:
    try:
        found["packages"][name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
places = [place for place in sys.path if place and "site-packages" not in place and "/python3" not in place]
found["shadows"] = [
    path
    for place in dict.fromkeys([os.getcwd(), *places])
    for name in SHADOWED
    for path in (os.path.join(place, name + ".py"), os.path.join(place, name, "__init__.py"))
    if os.path.exists(path)
]
for name in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"):
    value = os.environ.get(name, "")
    found["variables"][name] = {"url": safe(value), "unquoted": unquoted(value)}
found["hostname"] = socket.gethostname()


def broker(app):
    try:
        connection = app.connection_for_write(connect_timeout=1.5)
        connection.connect()
        return connection, ""
    except Exception as error:
        return None, said(error)


def backend(app):
    url = str(app.conf.result_backend or "")
    if not url.startswith(("redis://", "rediss://")):
        try:
            if url.startswith("sentinel://"):
                app.backend.client.ping()
            app.backend
        except Exception as error:
            return said(error)
        return ""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
    try:
        redis.Redis.from_url(
            url, socket_connect_timeout=1.5, socket_timeout=1.5, retry=Retry(NoBackoff(), 0)
        ).ping()
    except Exception as error:
        return said(error)
    return ""


class Enough(Exception):
    pass


def nodes(app, connection, expected):
    """The queues of each worker that answers, by its node name, until all expected ones have."""
    answers = {}

    def hear(reply):
        for name, queues in reply.items():
            if isinstance(queues, list):
                answers[name] = [queue["name"] for queue in queues]
        if not Counter(expected) - Counter(name.partition("@")[0] for name in answers):
            raise Enough

    try:
        app.control.broadcast("active_queues", reply=True, connection=connection, timeout=1.5, callback=hear)
    except Enough:
        pass
    return answers


def ask_nodes(app, connection, expected):
    """The same within PATIENCE seconds: a broker with an alarm takes a question and never confirms it."""
    def ask():
        try:
            found["nodes"] = nodes(app, connection, expected)
            # The broker's log notes each connection that just breaks off.
            connection.release()
            app.pool.force_close_all()
        except Exception as error:
            found["broker_error"] = said(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if asking.is_alive():
        found["broker_error"] = f"the broker did not take a message within {PATIENCE:g} s"


try:
    from celery.app.utils import find_app
    app = find_app(sys.argv[1])
    app.loader.import_default_modules()
    app.finalize()
    conf = app.conf
    found["main"] = app.main
    found["broker"], found["backend"] = safe(conf.broker_url), safe(conf.result_backend)
    found["conf"] = {name: conf.get(name) for name in SETTINGS}
    found["visibility_timeout"] = (conf.broker_transport_options or {}).get("visibility_timeout")
    found["ignored"] = ignored_settings(app)
    found["tasks"] = sorted(name for name in app.tasks if not name.startswith("celery."))
    schedule = dict(conf.beat_schedule or {})
    found["schedule"] = {name: str(entry.get("task")) for name, entry in schedule.items()}
    queues = {str((entry.get("options") or {}).get("queue") or "") for entry in schedule.values()}
    queues |= {str(getattr(task, "queue", None) or "") for task in app.tasks.values()}
    routes = conf.task_routes if isinstance(conf.task_routes, dict) else {}
    queues |= {str(to.get("queue") or "") if isinstance(to, dict) else str(to) for to in routes.values()}
    found["sends_to"] = sorted(queues - {""} | {conf.task_default_queue})
    connection, found["broker_error"] = broker(app)
    found["backend_error"] = backend(app)
    if connection:
        ask_nodes(app, connection, sys.argv[2:])
except BaseException as error:
    found["error"] = said(error) or type(error).__name__
    if "Cannot mix new" in found["error"]:
        found["mixed"] = old_settings()
print(json.dumps(found, default=str))
sys.stdout.flush()
os._exit(0)
'''
)
