"""Whether the whole of a number matches a pattern, also where only its first digits are known."""

from functools import cache

from recipients.numbering.known import DIGITS, Known, Undecided
from recipients.numbering.pattern import END, Digit, Group, Node, UnknownSyntax, parse


class Whole:
    """The automaton of a pattern. Its states are sets of places in the pattern, made as they are met."""

    def __init__(self, pattern: str, *, prefix: bool = False) -> None:
        """prefix: whatever follows a match is a match as well, as `re.match` sees it."""
        self._silent: list[list[int]] = []
        self._moves: list[list[tuple[frozenset[str], int]]] = []
        begin = self._place()
        self._final = self._build(Group(None, parse(pattern).alternatives), begin)
        if prefix:
            self._moves[self._final].append((frozenset(DIGITS), self._final))
        self._states: dict[frozenset[int], frozenset[int]] = {}
        self._begin = self._reach({begin})
        self._next: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._answers: dict[tuple[frozenset[int], int], bool | None] = {}

    def matches(self, digits: Known) -> bool:
        """Raises Undecided where some completions match and others do not."""
        state = self._begin
        for digit in digits.prefix:
            state = self._step(state, digit)
        answer = self._answer(state, digits.length - len(digits.prefix))
        if answer is None:
            raise Undecided
        return answer

    def _place(self) -> int:
        self._silent.append([])
        self._moves.append([])
        return len(self._silent) - 1

    def _build(self, node: Node, at: int) -> int:
        """The place where the node, entered at a place, is left."""
        if isinstance(node, Digit):
            if node is END:
                raise UnknownSyntax("$ in the description of a number")
            left = self._place()
            self._moves[at].append((node.allowed, left))
            return left
        if isinstance(node, Group):
            left = self._place()
            for sequence in node.alternatives:
                inside = self._place()
                self._silent[at].append(inside)
                for inner in sequence:
                    inside = self._build(inner, inside)
                self._silent[inside].append(left)
            return left
        left = self._place()
        for turn in range(node.high + 1):
            if turn >= node.low:
                self._silent[at].append(left)
            if turn < node.high:
                at = self._build(node.node, at)
        return left

    def _reach(self, places: set[int]) -> frozenset[int]:
        waiting = list(places)
        while waiting:
            fresh = [place for place in self._silent[waiting.pop()] if place not in places]
            places.update(fresh)
            waiting.extend(fresh)
        state = frozenset(places)
        return self._states.setdefault(state, state)  # one object a state: looked up by identity

    def _step(self, state: frozenset[int], digit: str) -> frozenset[int]:
        after = self._next.get((state, digit))
        if after is None:
            after = self._reach({to for place in state for allowed, to in self._moves[place] if digit in allowed})
            self._next[state, digit] = after
        return after

    def _answer(self, state: frozenset[int], more: int) -> bool | None:
        """Whether all, none or (None) some of the ways to go on by so many digits end in a match."""
        if not state:
            return False
        if more == 0:
            return self._final in state
        key = (state, more)
        if key not in self._answers:
            answers = {self._answer(self._step(state, digit), more - 1) for digit in DIGITS}
            self._answers[key] = answers.pop() if len(answers) == 1 else None
        return self._answers[key]


@cache
def whole(pattern: str, *, prefix: bool = False) -> Whole:
    return Whole(pattern, prefix=prefix)
