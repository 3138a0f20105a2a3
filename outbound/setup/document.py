"""A YAML file as plain data, with the line of every value, so that an error can say where it is."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from outbound.errors import OutboundError

Place = tuple[str | int, ...]


class Unreadable(OutboundError):
    """A set-up file cannot be read at all: which, why, and what to do."""


class Problem(NamedTuple):
    """One mistake in a file: accounts[1].rates[0].rate, and what to do about it."""

    place: Place
    message: str


class Document(NamedTuple):
    name: str
    data: Any
    lines: dict[Place, int]
    problems: list[Problem]

    def line(self, place: Place) -> int:
        """Of the value, or of the nearest one that encloses it where it is missing."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def written(place: Place) -> str:
    """("accounts", 1, "name") as people write it: accounts[1].name."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".") or "the file"


def read(path: Path) -> Document:
    """Raises Unreadable for a file that is not there, not text or not YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Unreadable(
            f"there is no file {path}: write one with `outbound apply --example > {path}` and edit it"
        ) from None
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}; give a YAML file that you may read") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Document:
    """The text's data. Mistakes that leave it readable (a key twice, 30 February) are among its problems."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        builder = _Builder(loader)
        data = builder.value(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(f"{name} is not valid YAML: line {line}: {error.problem}; correct it there") from None
    except yaml.reader.ReaderError as error:
        raise Unreadable(f"{name} is not valid YAML: {error.reason} at character {error.position}") from None
    except RecursionError:
        raise Unreadable(f"{name} is not a set-up: it is nested too deep, or an anchor refers to itself") from None
    return Document(name, data, builder.lines, builder.problems)


class _Builder:
    """Makes values of nodes and keeps the line of each."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        own = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for twice in sorted({key for key in own if own.count(key) > 1} - {"<<"}):
            self.problems.append(Problem((*place, twice), "this key stands here twice: keep one"))
        self._loader.flatten_mapping(node)
        found: dict[str, Any] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(place, "a key has to be a word"))
                continue
            found[key.value] = self.value(item, (*place, key.value))
        return found

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        try:
            return self._loader.construct_object(node)
        except ValueError as error:
            self.problems.append(Problem(place, f"{node.value} is no such day or number ({error}): correct it"))
            return None
