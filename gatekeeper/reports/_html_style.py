"""How the HTML report looks: on a light or a dark screen, and on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1a1f27; --soft: #566070; --rule: #dfe3e9; --code: #f2f4f7; --link: #0b5cad;
  --block: #b3261e; --block-soft: #fdeceb; --error: #6a3fa8; --error-soft: #f2ecfb;
  --ask: #855300; --ask-soft: #fff3d9; --allow: #1c6b42; --allow-soft: #e7f5ed; --edge: #c3cad4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2028; --ink: #e5e9ef; --soft: #9da8b7; --rule: #2d3641; --code: #131920;
  --link: #7db8f7;
    --block: #ff8f84; --block-soft: #3d1a18; --error: #c8a8f8; --error-soft: #2b2140;
    --ask: #f2c063; --ask-soft: #37290c; --allow: #7fd3a4; --allow-soft: #15301f; --edge: #465263;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 7rem; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main, header.top > div, footer { max-width: 1280px; margin: 0 auto; padding: 0 20px; }
header.top { background: var(--card); border-bottom: 1px solid var(--rule); padding: 18px 0 16px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 15px; margin: 0 0 10px; font-weight: 650; }
p { margin: 0 0 8px; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
code, pre, .name {
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px;
}
code, .name, td, dd, p, li { unicode-bidi: isolate; overflow-wrap: anywhere; }
small, .hint { color: var(--soft); font-size: 12.5px; }
.brand { color: var(--soft); font-size: 12.5px; margin-bottom: 8px; }
.brand b { color: var(--ink); }
.headline { display: flex; gap: 14px; align-items: center; flex-wrap: wrap; }
.badge {
  display: inline-block; padding: 1px 8px; border-radius: 10px; font-size: 12px; font-weight: 600; white-space: nowrap;
  border: 1px solid currentColor;
}
.headline .badge { font-size: 15px; padding: 4px 14px; border-radius: 16px; }
.badge.block, .dot.block { color: var(--block); background: var(--block-soft); }
.badge.error, .dot.error { color: var(--error); background: var(--error-soft); }
.badge.ask, .dot.ask { color: var(--ask); background: var(--ask-soft); }
.badge.allow, .dot.allow { color: var(--allow); background: var(--allow-soft); }
.badge.critical, .badge.high { color: var(--block); background: var(--block-soft); }
.badge.medium { color: var(--ask); background: var(--ask-soft); }
.badge.low, .badge.note { color: var(--soft); background: var(--code); }
.dot {
  display: inline-block; width: 17px; height: 17px; border-radius: 9px; text-align: center; font-size: 11px;
  line-height: 17px; font-weight: 700;
}
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
dl.stats { display: flex; flex-wrap: wrap; gap: 6px 28px; margin: 14px 0 0; }
dl.stats div { min-width: 64px; }
dl.stats dt { color: var(--soft); font-size: 12px; }
dl.stats dd { margin: 0; font-size: 17px; font-weight: 600; font-variant-numeric: tabular-nums; }
dl.stats .block dd { color: var(--block); } dl.stats .error dd { color: var(--error); }
dl.stats .ask dd { color: var(--ask); } dl.stats .allow dd { color: var(--allow); }
svg.bar { display: block; width: 100%; height: 8px; margin-top: 14px; border-radius: 4px; }
svg.bar .block { fill: var(--block); } svg.bar .error { fill: var(--error); }
svg.bar .ask { fill: var(--ask); } svg.bar .allow { fill: var(--allow); }
ul.remarks { margin: 12px 0 0; padding-left: 18px; color: var(--soft); }
section {
  background: var(--card); border: 1px solid var(--rule); border-radius: 8px; margin: 16px 0; padding: 14px 16px;
}
form.filter { display: none; gap: 8px 14px; flex-wrap: wrap; align-items: center; margin: 0; padding: 10px 0; }
.js form.filter { display: flex; position: sticky; top: 0; background: var(--card); z-index: 2; }
form.filter input[type=search] {
  flex: 1 1 240px; font: inherit; padding: 5px 10px; border: 1px solid var(--edge); border-radius: 6px;
  background: var(--page); color: var(--ink);
}
form.filter select, .tools button {
  font: inherit; padding: 4px 8px; border: 1px solid var(--edge); border-radius: 6px; background: var(--page);
  color: var(--ink);
}
form.filter label { white-space: nowrap; }
fieldset { border: 0; margin: 0; padding: 0; display: flex; gap: 12px; }
.drawing { position: relative; margin-top: 8px; }
.tools { display: none; position: absolute; right: 0; top: -36px; gap: 6px; }
.js .tools { display: flex; }
.tools button { cursor: pointer; min-width: 32px; }
.wide { overflow-x: clip; }
table { width: 100%; border-collapse: collapse; }
th:first-child { width: 172px; }
th:nth-child(2) { width: 27%; }
th:nth-child(3), th:nth-child(4) { width: 22%; }
th { text-align: left; color: var(--soft); font-size: 12px; font-weight: 600; padding: 4px 10px 6px 0; }
td { padding: 6px 10px 6px 0; border-top: 1px solid var(--rule); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.more td { border-top: 0; padding: 0 0 12px 34px; }
tbody:target tr.head td { background: var(--code); }
.js tbody:not(.open) tr.more { display: none; }
button.turn {
  display: none; border: 0; background: none; color: var(--soft); cursor: pointer; padding: 0 6px 0 0; font: inherit;
  width: 22px;
}
.js button.turn { display: inline-block; }
button.turn::before { content: "\\25B8"; }
.open button.turn::before { content: "\\25BE"; }
.finding { border-left: 3px solid var(--edge); padding: 2px 0 2px 12px; margin: 8px 0; }
.finding.critical, .finding.high { border-color: var(--block); }
.finding.error { border-color: var(--error); }
.finding.medium { border-color: var(--ask); }
.finding.waived { border-left-style: dotted; }
.finding p { margin: 3px 0; }
.finding .facts { color: var(--soft); font-size: 12.5px; }
pre {
  margin: 6px 0 4px; padding: 8px 10px; background: var(--code); border: 1px solid var(--rule); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; counter-reset: none;
}
pre span { display: block; }
pre i { color: var(--soft); font-style: normal; display: inline-block; min-width: 3.2em; user-select: none; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 1px 14px; margin: 4px 0 8px; font-size: 12.5px; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; }
.canvas {
  overflow: auto; max-height: 70vh; border: 1px solid var(--rule); border-radius: 6px; background: var(--page);
}
.canvas svg { display: block; }
.node rect { fill: var(--card); stroke: var(--edge); }
.node text { fill: var(--ink); font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.node .glyph { font-weight: 700; }
.node.block rect { fill: var(--block-soft); stroke: var(--block); } .node.block .glyph { fill: var(--block); }
.node.error rect { fill: var(--error-soft); stroke: var(--error); } .node.error .glyph { fill: var(--error); }
.node.ask rect { fill: var(--ask-soft); stroke: var(--ask); } .node.ask .glyph { fill: var(--ask); }
.node.allow rect { stroke: var(--allow); } .node.allow .glyph { fill: var(--allow); }
.node.other text { font-style: italic; }
a.node:hover rect, a.node:focus rect { stroke-width: 2.5; }
.edge { fill: none; stroke: var(--edge); stroke-width: 1; }
.edge.block { stroke: var(--block); } .edge.error { stroke: var(--error); } .edge.ask { stroke: var(--ask); }
.edge.hot { stroke-width: 2.5; stroke: var(--link); }
.dim { opacity: 0.22; }
details.whole, details.why { margin-top: 10px; }
details.whole .drawing { margin-top: 42px; }
details.whole[open] .tools { top: -38px; }
summary { cursor: pointer; }
ul.tree, ul.tree ul { list-style: none; margin: 0; padding-left: 20px; }
ul.tree { padding-left: 0; }
ul.tree li { padding: 1px 0; }
ul.tree li > a, ul.tree li > .dot { margin-left: 0; }
[hidden] { display: none !important; }
footer { color: var(--soft); font-size: 12.5px; padding-bottom: 24px; }
@media (max-width: 760px) {
  main, header.top > div, footer { padding: 0 12px; }
  .lesser { display: none; }
  tr.more td { padding-left: 0; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #ccc; --code: #f6f6f6; --link: #000;
    --block: #a1130b; --block-soft: #fff; --error: #56308c; --error-soft: #fff; --ask: #6b4300; --ask-soft: #fff;
    --allow: #14522f; --allow-soft: #fff; --edge: #999;
  }
  body { font-size: 10pt; }
  th:first-child { width: 118px; }
  section { border: 0; padding: 0; margin: 12pt 0; }
  .js form.filter, .js .tools, .js button.turn, details.whole { display: none; }
  .js tbody:not(.quiet) tr.more { display: table-row; }
  tbody.quiet tr.more { display: none; }
  tr.head, .finding { break-inside: avoid; }
  tr.head { break-after: avoid; }
  .canvas { max-height: none; overflow: visible; border: 0; }
  .canvas svg { max-width: 100%; height: auto; }
  .dim { opacity: 1; }
  main, header.top > div, footer { max-width: none; padding: 0; }
}
"""
