"""Who wants whom: the releases of an outcome as a graph that grows from what the person asked for."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.model import Verdict

YOU = 0  # the node that everything grows from
SWEEPS = 4  # over the columns, to untangle the lines between them


@dataclass(slots=True)
class Node:
    """A release (`number` is its place in the list), or who wants one and is none: "you", "a build"."""

    label: str
    ruling: Ruling | None = None
    number: int | None = None
    parents: list[int] = field(default_factory=list)
    first: int | None = None  # the parent on the shortest way from the person
    depth: int = 0


def graph(verdicts: Sequence[Verdict]) -> list[Node]:
    """Build the graph; every release can be reached from the first node, whatever the names in `via` say."""
    nodes = [Node("you")]
    nodes += [Node(str(each.release), each.ruling, number) for number, each in enumerate(verdicts)]
    known: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, verdict in enumerate(verdicts, 1):
        release = verdict.release
        for spelling in {_plain(release.name), _plain(str(release)), _plain(f"{release.name}@{release.version}")}:
            known[release.ecosystem, spelling].append(at)
    strangers: dict[str, int] = {}
    for at, verdict in enumerate(verdicts, 1):
        wanting = [YOU] if verdict.requested or not verdict.via else []
        for name in dict.fromkeys(verdict.via):
            found = known.get((verdict.release.ecosystem, _plain(name)))
            if found is None:
                if name not in strangers:
                    strangers[name] = len(nodes)
                    nodes.append(Node(name, parents=[YOU]))
                found = [strangers[name]]
            wanting += [one for one in found if one != at]
        nodes[at].parents = list(dict.fromkeys(wanting)) or [YOU]
    _measure(nodes)
    return nodes


def way(nodes: Sequence[Node], at: int) -> list[int]:
    """Return the shortest way from the person to a node, both ends included."""
    steps = [at]
    while (first := nodes[steps[-1]].first) is not None:
        steps.append(first)
    return steps[::-1]


def worth_seeing(nodes: Sequence[Node], most: int) -> list[int]:
    """Choose the nodes to draw: all if few; else what was not allowed, the ways to it, and what was asked for."""
    if len(nodes) <= most:
        return list(range(len(nodes)))
    kept: dict[int, None] = {YOU: None}
    stopped = [at for at, node in enumerate(nodes) if node.ruling not in {None, Ruling.ALLOW}]
    for at in [*sorted(stopped, key=lambda at: -(nodes[at].ruling or 0)), *_children(nodes)[YOU]]:
        steps = [step for step in way(nodes, at) if step not in kept]
        if len(kept) + len(steps) <= most:
            kept |= dict.fromkeys(steps)
    return sorted(kept)


def columns(nodes: Sequence[Node], shown: Iterable[int]) -> list[list[int]]:
    """Arrange nodes in columns by their distance from the person, each column so that few lines cross."""
    order: dict[int, list[int]] = defaultdict(list)
    for at in shown:
        order[nodes[at].depth].append(at)
    arranged = [order[depth] for depth in sorted(order)]
    children = _children(nodes)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        rows = {at: float(row) for column in arranged for row, at in enumerate(column)}
        for column in arranged if down else reversed(arranged):
            near = {
                at: [rows[each] for each in (nodes[at].parents if down else children[at]) if each in rows]
                for at in column
            }
            column.sort(key=lambda at: (sum(near[at]) / len(near[at]) if near[at] else rows[at], at))
            rows.update((at, float(row)) for row, at in enumerate(column))
    return arranged


def _measure(nodes: list[Node]) -> None:
    """Set each node's distance and first parent; whatever only a circle leads to hangs from the person."""
    children = _children(nodes)
    seen = {YOU}
    waiting = deque([YOU])
    rest = deque(range(len(nodes)))
    while waiting or rest:
        if not waiting:
            at = rest.popleft()
            if at not in seen:
                seen.add(at)
                nodes[at].first, nodes[at].depth = YOU, 1
                waiting.append(at)
            continue
        parent = waiting.popleft()
        for at in children[parent]:
            if at not in seen:
                seen.add(at)
                nodes[at].first, nodes[at].depth = parent, nodes[parent].depth + 1
                waiting.append(at)


def _children(nodes: Sequence[Node]) -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for at, node in enumerate(nodes):
        for parent in node.parents:
            children[parent].append(at)
    return children


def tree(nodes: Sequence[Node]) -> dict[int, list[int]]:
    """Return the children of each node, every node being the child of one only: its first parent."""
    below: dict[int, list[int]] = defaultdict(list)
    for at, node in enumerate(nodes):
        if node.first is not None:
            below[node.first].append(at)
    return below


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
