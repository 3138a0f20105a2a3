"""The regular expressions of telephone metadata, parsed.

They use a small part of the language of `re`: digits, `\\d`, classes, groups, alternatives, `?`, `{m}`, `{m,n}` and `$`.
Anything else is refused.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from recipients.numbering.known import DIGITS


class UnknownSyntax(Exception):
    """A pattern of the metadata uses what this module does not know: a new kind of pattern has to be taught here."""


@dataclass(frozen=True)
class Digit:
    """One of some digits; `$` is told as one of none."""

    allowed: frozenset[str]


@dataclass(frozen=True)
class Group:
    """number: 1.. of a capturing group, else None."""

    number: int | None
    alternatives: tuple[tuple["Node", ...], ...]


@dataclass(frozen=True)
class Repeat:
    low: int
    high: int
    node: "Node"


Node = Digit | Group | Repeat
Sequence = tuple[Node, ...]
END = Digit(frozenset())
_SIGN = re.compile(r"\\d|\[[0-9-]+\]|\(\?:|\{\d+(?:,\d+)?\}|[0-9()|?$]")


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._signs = _SIGN.findall(pattern)
        if "".join(self._signs) != pattern:
            raise UnknownSyntax(pattern)
        self._at = 0
        self.groups = 0

    def alternatives(self) -> tuple[Sequence, ...]:
        found: list[Sequence] = []
        nodes: list[Node] = []
        while self._at < len(self._signs) and self._signs[self._at] != ")":
            sign = self._signs[self._at]
            self._at += 1
            if sign == "|":
                found.append(tuple(nodes))
                nodes = []
            elif sign == "?":
                nodes.append(Repeat(0, 1, nodes.pop()))
            elif sign.startswith("{"):
                low, _, high = sign[1:-1].partition(",")
                nodes.append(Repeat(int(low), int(high or low), nodes.pop()))
            else:
                nodes.append(self._one(sign))
        found.append(tuple(nodes))
        return tuple(found)

    def _one(self, sign: str) -> Node:
        if sign in ("(", "(?:"):
            number = None
            if sign == "(":
                self.groups += 1
                number = self.groups
            group = Group(number, self.alternatives())
            self._at += 1  # the closing bracket
            return group
        return END if sign == "$" else Digit(_digits(sign))


def _digits(sign: str) -> frozenset[str]:
    if sign == "\\d":
        return frozenset(DIGITS)
    spread = re.sub(r"(\d)-(\d)", lambda ends: "".join(map(str, range(int(ends[1]), int(ends[2]) + 1))), sign)
    return frozenset(spread.strip("[]"))


class Pattern(NamedTuple):
    """groups: how many capture. widest: how many digits a match has at most."""

    alternatives: tuple[Sequence, ...]
    groups: int
    widest: int


@cache
def parse(pattern: str) -> Pattern:
    parser = _Parser(pattern)
    alternatives = parser.alternatives()
    return Pattern(alternatives, parser.groups, _widest(Group(None, alternatives)))


def _widest(node: Node) -> int:
    if isinstance(node, Group):
        return max(sum(map(_widest, sequence)) for sequence in node.alternatives)
    if isinstance(node, Repeat):
        return node.high * _widest(node.node)
    return 0 if node is END else 1
