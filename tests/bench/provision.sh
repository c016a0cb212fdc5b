#!/bin/bash
# What Rabbitry is measured against: the same stack by one hand-tuned shell script, for a fresh Debian with systemd.
# Usage: provision.sh LOCK_FILE UV   (the lock file of the Celery set, and the uv program that builds from it)
# It sets up once and never looks again: no checks, no second run, no removal. Prints "first task: 5" when done.
set -euo pipefail
lock=$(readlink -f "$1") uv=$(readlink -f "$2")
home=/opt/plain
export DEBIAN_FRONTEND=noninteractive UV_SYSTEM_CERTS=1

# The environment is built while the brokers are fetched, unpacked and started.
mkdir -p "$home"
(
  "$uv" venv -q --python /usr/bin/python3 "$home/venv"
  "$uv" pip install -q --python "$home/venv/bin/python" --compile-bytecode --require-hashes -r "$lock"
) &
environment=$!

# Everything is written before the packages go in, so that each service starts once and as it shall be.
for user in rabbitmq redis celery; do
  useradd --system --user-group --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user"
done
mkdir -p /etc/rabbitmq /etc/systemd/system/rabbitmq-server.service.d "$home/app"
install -d -o redis -g redis -m 2770 /etc/redis
install -d -o celery -g celery -m 0750 /var/lib/celery

# Secrets, the broker's definitions (with what kombu's delayed delivery needs) and the services' settings.
python3 - "$home" <<'PYTHON'
import base64, hashlib, json, os, pathlib, secrets, shutil, sys

home = pathlib.Path(sys.argv[1])
names = ("app", "admin", "monitor", "redis", "flower")
password = {name: secrets.token_urlsafe(24) for name in names}


def write(path, text, mode=0o644, group="root"):
    path = pathlib.Path(path)
    path.touch(0o600)
    shutil.chown(path, "root", group)
    path.write_text(text)
    path.chmod(mode)


def user(name, *tags):
    salt = os.urandom(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password[name].encode()).digest()).decode()
    hashed = {"password_hash": digest, "hashing_algorithm": "rabbit_password_hashing_sha256"}
    return {"name": name, **hashed, "tags": list(tags), "limits": {}}


def may(name, configure=".*", write=".*"):
    return {"user": name, "vhost": "app", "configure": configure, "write": write, "read": ".*"}


exchanges, queues, bindings = [], [], []


def exchange(name, kind="topic"):
    facts = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    exchanges.append({"vhost": "app", "name": name, "type": kind, **facts})


def queue(name, **arguments):
    facts = {"durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum", **arguments}}
    queues.append({"vhost": "app", "name": name, **facts})


def bind(source, target, key, kind="queue"):
    facts = {"destination_type": kind, "routing_key": key, "arguments": {}}
    bindings.append({"vhost": "app", "source": source, "destination": target, **facts})


exchange("tasks")
exchange("tasks.dead", "fanout")
queue("tasks.dead")
bind("tasks.dead", "tasks.dead", "")
exchange("celery_delayed_delivery")
for level in range(28):
    name = f"celery_delayed_{level}"
    onward = f"celery_delayed_{level - 1}" if level else "celery_delayed_delivery"
    held = {"x-message-ttl": 2**level * 1000, "x-dead-letter-exchange": onward}
    exchange(name)
    queue(name, **held, **{"x-overflow": "reject-publish", "x-dead-letter-strategy": "at-least-once"})
    bind(name, name, "*." * (27 - level) + "1.#")
    bind(name, onward, "*." * (27 - level) + "0.#", "exchange")
for name in ("default", "math"):
    queue(name)
    bind("tasks", name, name)
    bind("tasks", name, f"#.{name}")
    bind("celery_delayed_delivery", "tasks", f"#.{name}", "exchange")
dead = {"dead-letter-exchange": "tasks.dead", "dead-letter-strategy": "at-least-once"}
policy = {"name": "dead", "vhost": "app", "pattern": "^(default|math)$", "apply-to": "queues", "priority": 0}
definitions = {
    "users": [user("app"), user("admin", "administrator"), user("monitor", "monitoring")],
    "vhosts": [{"name": "app"}],
    "permissions": [may("app"), may("admin"), may("monitor", "^$", "^$")],
    "exchanges": exchanges,
    "queues": queues,
    "bindings": bindings,
    "policies": [policy | {"definition": dead | {"overflow": "reject-publish", "delivery-limit": 20}}],
}
write("/etc/rabbitmq/definitions.json", json.dumps(definitions), 0o640, "rabbitmq")
write("/etc/rabbitmq/enabled_plugins", "[rabbitmq_management].\n")
write(
    "/etc/rabbitmq/rabbitmq.conf",
    """listeners.tcp.default = 127.0.0.1:5672
management.tcp.ip = 127.0.0.1
management.tcp.port = 15672
load_definitions = /etc/rabbitmq/definitions.json
vm_memory_high_watermark.relative = 0.4
disk_free_limit.absolute = 200MB
consumer_timeout = 2400000
""",
)
write(
    "/etc/rabbitmq/rabbitmq-env.conf",
    "NODENAME=rabbit@localhost\nSERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'\n"
    "export ERL_EPMD_ADDRESS=127.0.0.1\n",
)
write("/etc/systemd/system/rabbitmq-server.service.d/limits.conf", "[Service]\nLimitNOFILE=65536\n")
acl = f"user default on #{hashlib.sha256(password['redis'].encode()).hexdigest()} ~* &* +@all"
write(
    "/etc/redis/redis.conf",
    f"""bind 127.0.0.1
port 6379
{acl}
maxmemory-policy noeviction
dir /var/lib/redis
appendonly yes
supervised systemd
daemonize no
pidfile /run/redis/redis-server.pid
logfile /var/log/redis/redis-server.log
""",
    0o640,
    "redis",
)
write(
    home / "celery.env",
    f"""BROKER_URL=amqp://app:{password["app"]}@127.0.0.1:5672/app
RESULT_BACKEND=redis://:{password["redis"]}@127.0.0.1:6379/0
FLOWER_BASIC_AUTH=flower:{password["flower"]}
FLOWER_ADDRESS=127.0.0.1
FLOWER_PORT=5555
FLOWER_PERSISTENT=true
FLOWER_DB=/var/lib/celery/flower.db
FLOWER_BROKER_API=http://monitor:{password["monitor"]}@127.0.0.1:15672/api/
""",
    0o640,
    "celery",
)
write(
    home / "app/sample.py",
    '''"""The application: an addition, and a tick that beat sends."""
import os
from celery import Celery
from kombu import Exchange, Queue

exchange = Exchange("tasks", type="topic")
quorum = {"x-queue-type": "quorum"}
app = Celery("sample", broker=os.environ["BROKER_URL"], backend=os.environ["RESULT_BACKEND"])
app.conf.update(
    task_queues=[Queue(n, exchange, routing_key=n, queue_arguments=quorum) for n in ("default", "math")],
    task_default_queue="default",
    task_default_exchange="tasks",
    task_default_exchange_type="topic",
    task_default_routing_key="default",
    task_default_queue_type="quorum",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_transport_options={"confirm_publish": True},
    worker_send_task_events=True,
    task_send_sent_event=True,
    beat_schedule={"tick": {"task": "sample.tick", "schedule": 5}},
)


@app.task
def add(x, y):
    return x + y


@app.task(ignore_result=True)
def tick():
    pass
''',
)
commands = {
    "worker": "worker -n default@%%h -Q default,math -c 2 --prefetch-multiplier 2",
    "beat": "beat -s /var/lib/celery/schedule",
    "flower": "flower",
}
for name, command in commands.items():
    write(
        f"/etc/systemd/system/plain-{name}.service",
        f"""[Unit]
After=rabbitmq-server.service redis-server.service
[Service]
User=celery
WorkingDirectory={home}/app
EnvironmentFile={home}/celery.env
ExecStart={home}/venv/bin/celery -A sample {command}
Restart=always
LimitNOFILE=65536
[Install]
WantedBy=multi-user.target
""",
    )
PYTHON

# Started by the packages themselves, with the files that are there already.
apt-get install -y -qq --no-install-recommends -o DPkg::Options::=--force-confold \
  -o DPkg::Options::=--force-confdef rabbitmq-server redis-server >/var/log/plain-apt.log
systemctl daemon-reload
wait "$environment"
systemctl enable --quiet --now plain-worker plain-beat plain-flower

# Done when a task has been through the broker, the worker and the result backend, and Flower answers.
cd "$home/app"
set -a
# shellcheck source=/dev/null
. "$home/celery.env"
set +a
"$home/venv/bin/python" - <<'PYTHON'
import socket, time
from sample import add

print("first task:", add.delay(2, 3).get(timeout=60))
end = time.monotonic() + 30
while True:
    try:
        socket.create_connection(("127.0.0.1", 5555), 1).close()
        break
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.05)
PYTHON
