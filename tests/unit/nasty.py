"""Words that formats like to change on their way, for tests that must see them arrive unchanged."""

from __future__ import annotations

ONE_LINE = (
    "plain", "", "a b", "%h", "%2F", "%%", "%(here)s", "%(ENV_HOME)s", "$HOME", "${USER}", "$(id)", "`id`",
    '"', "'", "it's", 'say "x"', "\\", "end\\", "a\\nb", ";", "\\;", " ; x", "#", " # y", "@x", "-x", "!",
    "~", "*", ",", "a=b,c=d", "é", "%h %2F $HOME \" ' \\ ; space", "default@%h", "amqp://u:p%2Fw@h//",
)  # fmt: skip
CONTROL = ("line\nbreak", "tab\there", "\x07bell")
