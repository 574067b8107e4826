"""The dependency graph as SVG, and the tree of who wants whom as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import Ruling
from gatekeeper.reports import visible
from gatekeeper.reports._graph import YOU, columns, graph, tree, way, worth_seeing
from gatekeeper.reports._html_text import GLYPHS, shown
from gatekeeper.reports._words import clip, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Verdict
    from gatekeeper.reports._graph import Node

SMALL = 70  # nodes; a larger graph is folded to what matters
LARGE = 1500  # nodes; a larger graph is not drawn whole
MOST_LINES = 6000
WIDTH, HEIGHT, ACROSS, DOWN, EDGE = 196, 24, 76, 8, 12  # pixels: of a node, between nodes, round the drawing
LABEL = 24  # characters
BUTTONS = "".join(
    f'<button type="button" data-act="{act}" aria-label="{label}">{sign}</button>'
    for act, label, sign in (
        ("out", "smaller", "\N{MINUS SIGN}"),
        ("one", "actual size", "1:1"),
        ("in", "larger", "+"),
        ("fit", "fit to the window", "fit"),
    )
)
LOWEST = 24  # rows that fit any screen
LONGEST = 20  # steps of a way
DEEPEST = 40  # levels of the list; browsers give up at some depth


def drawing(verdicts: Sequence[Verdict]) -> str:
    """Draw the graph, folded when it is large, with the whole of it below."""
    nodes = graph(verdicts)
    chosen = worth_seeing(nodes, SMALL)
    parts = [_svg(nodes, chosen, "What matters of the graph" if len(chosen) < len(nodes) else "The graph")]
    if len(chosen) < len(nodes):
        words = f"{count(len(nodes) - len(chosen), 'more node')} folded: every release that was not simply allowed is"
        words += " shown, as far as there is room, with the shortest way to it."
        parts.append(f'<p class="hint">{words}</p>')
        if len(nodes) <= LARGE:
            whole = _svg(nodes, range(len(nodes)), "The whole graph")
            parts.append(
                f'<details class="whole"><summary>The whole graph ({len(nodes) - 1})</summary>{whole}</details>'
            )
    return "\n".join(parts)


def listing(verdicts: Sequence[Verdict]) -> str:
    """Write the tree: each release once, where the shortest way from the person comes to it."""
    nodes = graph(verdicts)
    below = tree(nodes)
    marked = _marked(nodes)
    parts: list[str] = []
    # A stack of our own: a package may make a chain longer than Python's
    waiting: list[int | str] = [*reversed(below[YOU])]
    while waiting:
        at = waiting.pop()
        if isinstance(at, str):
            parts.append(at)
            continue
        node = nodes[at]
        if not below[at] or node.depth > DEEPEST:
            parts.append(f"<li>{_leaf(nodes, at)}</li>")
            waiting += reversed(below[at])
            continue
        opened = " open" if at in marked else ""
        parts.append(
            f"<li><details{opened}><summary>{_leaf(nodes, at)} <small>({len(below[at])})</small></summary><ul>"
        )
        waiting += ["</ul></details></li>", *reversed(below[at])]
    return f'<ul class="tree">{"".join(parts)}</ul>'


def _marked(nodes: Sequence[Node]) -> set[int]:
    """Return what leads to a release that was not allowed."""
    marked: set[int] = set()
    for node in nodes:
        step = node.first if node.ruling not in {None, Ruling.ALLOW} else None
        while step is not None and step not in marked:
            marked.add(step)
            step = nodes[step].first
    return marked


def _leaf(nodes: Sequence[Node], at: int) -> str:
    node = nodes[at]
    if node.ruling is None or node.number is None:
        return f'<span class="name">{shown(node.label)}</span>'
    word = node.ruling.word
    badge = f'<span class="dot {word}">{GLYPHS[node.ruling]}<span class="unseen">{word}</span></span>'
    others = [shown(nodes[each].label) for each in node.parents if each != node.first]
    also = f' <small class="name">also wanted by {", ".join(others[:8])}</small>' if others else ""
    also += f" <small>and {len(others) - 8} more</small>" if len(others) > 8 else ""  # noqa: PLR2004 - as above
    return f'{badge} <a class="name" href="#r{node.number}">{shown(node.label)}</a>{also}'


def _svg(nodes: Sequence[Node], chosen: Sequence[int], title: str) -> str:
    rows = max(LOWEST, int(2.2 * len(chosen) ** 0.5))
    arranged = [part for column in columns(nodes, chosen) for part in _parted(column, rows)]
    tallest = max(len(column) for column in arranged)
    width = 2 * EDGE + len(arranged) * (WIDTH + ACROSS) - ACROSS
    height = 2 * EDGE + tallest * (HEIGHT + DOWN) - DOWN
    places: dict[int, tuple[int, int]] = {}
    for number, column in enumerate(arranged):
        top = (height - len(column) * (HEIGHT + DOWN) + DOWN) // 2 if len(chosen) <= SMALL else EDGE
        for row, at in enumerate(column):
            places[at] = (EDGE + number * (WIDTH + ACROSS), top + row * (HEIGHT + DOWN))
    lines = [(parent, at) for at in chosen for parent in nodes[at].parents if parent in places][:MOST_LINES]
    drawn = [_line(nodes, pair, places) for pair in lines] + [_box(nodes[at], at, places[at]) for at in chosen]
    return (
        f'<div class="drawing"><div class="tools">{BUTTONS}</div>'
        f'<div class="canvas" tabindex="0" role="group" aria-label="{title}">'
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group" aria-label="{title}">'
        f"{''.join(drawn)}</svg></div></div>"
    )


def _parted(column: list[int], rows: int) -> list[list[int]]:
    """Part a crowded column evenly into several: the drawing gets wider, and not so tall."""
    parts = -(-len(column) // rows)
    height = -(-len(column) // parts)
    return [column[at : at + height] for at in range(0, len(column), height)]


def _line(nodes: Sequence[Node], pair: tuple[int, int], places: dict[int, tuple[int, int]]) -> str:
    (left, upper), (right, lower) = places[pair[0]], places[pair[1]]
    x1, y1, x2, y2 = left + WIDTH, upper + HEIGHT // 2, right, lower + HEIGHT // 2
    if x2 < x1:  # back or within a column: round the boxes
        path = f"M{x1} {y1}C{x1 + ACROSS} {y1} {x1 + ACROSS} {y2} {right + WIDTH} {y2}"
    else:
        middle = (x1 + x2) // 2
        path = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
    ruling = nodes[pair[1]].ruling
    word = "allow" if ruling is None else ruling.word
    return f'<path class="edge {word}" data-from="{pair[0]}" data-to="{pair[1]}" d="{path}"/>'


def _box(node: Node, at: int, place: tuple[int, int]) -> str:
    x, y = place
    word = "other" if node.ruling is None else node.ruling.word
    glyph = "" if node.ruling is None else f'<tspan class="glyph">{GLYPHS[node.ruling]}</tspan> '
    label = shown(clip(visible(node.label), LABEL))
    inner = (
        f"<title>{shown(node.label)}{'' if node.ruling is None else ': ' + word}</title>"
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        # a drawing of its own cuts the label off at the box, however wide a font makes it
        f'<svg x="{x}" y="{y}" width="{WIDTH - 4}" height="{HEIGHT}"><text x="9" y="16">{glyph}{label}</text></svg>'
    )
    if node.number is None:
        return f'<g class="node {word}" data-node="{at}">{inner}</g>'
    return f'<a class="node {word}" data-node="{at}" data-release="r{node.number}" href="#r{node.number}">{inner}</a>'


def ways(verdicts: Sequence[Verdict]) -> list[list[tuple[str, int | None]]]:
    """Return for each release the shortest way from the person to it: labels, and numbers where they are releases."""
    nodes = graph(verdicts)
    found = []
    for at in range(1, len(verdicts) + 1):
        steps = [(nodes[step].label, nodes[step].number) for step in way(nodes, at)]
        found.append(
            steps if len(steps) <= LONGEST else [*steps[: LONGEST // 2], ("...", None), *steps[-LONGEST // 2 :]]
        )
    return found
