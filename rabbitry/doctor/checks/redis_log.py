"""What ended the last attempt to start Redis: the log of one that does not run has older attempts too."""

from __future__ import annotations

import re

from rabbitry.doctor.evidence import Evidence

REDIS = "redis-server"
# The last line of an attempt that failed, and of those that would say less than the one before it.
FATAL = re.compile(
    r"can't open config file|can't open the (?:RDB|append-only|append log) file .* for reading"
    r"|Can't open the log file|Can't open or create append-only dir"
    r"|>>> '|Unresolved Configuration|Module Configuration detected|Could not create server TCP listening"
    r"|Can't handle RDB format|Short read or OOM loading DB|Bad file format reading the append only"
    r"|Unexpected end of file reading the append only|Error reading the RDB preamble"
    r"|Failed to (?:set|configure) |Fatal error|# Failed listening on port"
    r"|Ready to accept connections",
)
# Said after the line that tells why.
AFTERWARDS = re.compile(
    "Failed listening on port|Fatal error loading the DB|Module Configuration detected"
    "|Unresolved Configuration"
)


def last_words(seen: Evidence, pattern: str = "") -> str:
    """Why the last attempt failed, if `pattern` is found in it; "" when it does not say, or runs."""
    if not seen.fails(REDIS):
        return ""
    for line in reversed(seen.log(REDIS)):
        if not FATAL.search(line) or AFTERWARDS.search(line):
            continue
        return line.strip() if re.search(pattern, line) and "Ready to accept" not in line else ""
    return ""
