"""The lines that put directories on PATH, for every shell that descends from sh, also with -e and -u."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

HEAD = "# Puts the tools of the stack on PATH. Rabbitry writes these lines anew.\n"
APPEND = """\
for rabbitry_directory in {words}; do
  case ":${{PATH-}}:" in
    *":$rabbitry_directory:"*) ;;
    *) [ ! -d "$rabbitry_directory" ] || PATH="${{PATH:+$PATH:}}$rabbitry_directory" ;;
  esac
done
export PATH
unset rabbitry_directory
"""
PREPEND = APPEND.replace("${{PATH:+$PATH:}}$rabbitry_directory", "$rabbitry_directory${{PATH:+:$PATH}}")
# A login shell of macOS finds there what it inherited, but behind the system's own directories.
MOVE = """\
rabbitry_path=${{PATH:+:$PATH}}:
for rabbitry_directory in {words}; do
  [ -d "$rabbitry_directory" ] || continue
  while :; do
    case "$rabbitry_path" in
      *":$rabbitry_directory:"*) ;;
      *) break ;;
    esac
    rabbitry_path=${{rabbitry_path%%:"$rabbitry_directory":*}}:${{rabbitry_path#*:"$rabbitry_directory":}}
  done
  rabbitry_path=:$rabbitry_directory$rabbitry_path
done
rabbitry_path=${{rabbitry_path#:}}
PATH=${{rabbitry_path%:}}
export PATH
unset rabbitry_directory rabbitry_path
"""


def script(directories: Sequence[str], front: bool, login: bool) -> str:
    """Whole lines that put those of `directories` that are there on PATH, none of them twice, in their order.

    Behind what is there already; with `front` before it, where a login shell also moves what stands further
    back: other shells leave the order alone, so that a virtual environment stays first in them.
    """
    if not directories:
        return HEAD
    template = (MOVE if login else PREPEND) if front else APPEND
    ordered = reversed(directories) if front else directories
    return HEAD + template.format(words=" ".join(map(shlex.quote, ordered)))
