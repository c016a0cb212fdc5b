#!/usr/bin/python
"""Documentation of the action `source`, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source
short_description: Fetch an application to the machine that runs Ansible
description:
  - Finds out what an application is made of, wherever it comes from. Fetches it from git, builds a wheel of
    what is only importable when it is installed, and has its own lock exported. What was fetched, built and
    exported before is not fetched, built and exported again.
  - The modules M(rabbitry.stack.venv) and M(rabbitry.stack.release) take what it returns.
  - An action; it does not enter the host.
author: [Rabbitry (@rabbitry)]
options:
  source:
    description:
      - A directory, a wheel or a source archive of the machine that runs Ansible, C(git+https://…@ref) or
        another address of git with perhaps C(#subdirectory=…), a package such as C(shop==1.4.2), or
        C(existing:) and a directory of the host.
    type: str
    default: ""
  sample:
    description: The directory to take when O(source) is empty.
    type: str
    required: true
  module:
    description: The Celery application in it, as C(-A) takes it.
    type: str
    default: ""
  requirements:
    description: A requirements file; when empty, the application's own lock, or what its project says.
    type: str
    default: ""
  install:
    description: Whether a directory is copied or built into a wheel.
    type: str
    choices: [auto, copy, wheel]
    default: auto
  venv:
    description: An environment of the host's own, into which nothing is installed.
    type: str
    default: ""
  set:
    description: The pinned set of Celery packages.
    type: str
    required: true
  cache:
    description: Directory for what is fetched and built.
    type: path
    required: true
  index:
    description: The package index, with its login if it wants one; when empty, the caller's own.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Fetch the application
  rabbitry.stack.source:
    source: git+https://git.example.org/shop.git@v1.4.2
    sample: /srv/sample
    module: shop
    set: "5.7"
    cache: /root/.cache/rabbitry
"""

RETURN = r"""
root:
  description: The directory that becomes the release; empty when there is none.
  type: str
  returned: success
package:
  description: The wheel, or the package with its version, that is installed; empty when there is none.
  type: str
  returned: success
identity:
  description: What the package is made of; it changes with that.
  type: str
  returned: success
existing:
  description: The directory of the host; empty when there is none.
  type: str
  returned: success
shown:
  description: The source without its login.
  type: str
  returned: success
lock:
  description: The application's own lock, the text of a requirements file; empty when there is none.
  type: str
  returned: success
wanted:
  description: The application's requirements when they leave choices open.
  type: str
  returned: success
leading:
  description: The packages of the set that the requirements must not choose otherwise.
  type: str
  returned: success
"""
