"""What the HTML report does when scripts may run: search, filter, fold and zoom. Without them all of it is there."""

SCRIPT = """
"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  document.documentElement.classList.add("js");
  const form = document.querySelector("form.filter");
  const bodies = all("tbody[data-ruling]");
  const words = new Map(bodies.map((body) => [body, body.textContent.toLowerCase()]));
  const nodes = all("[data-release]");
  const turn = (body, open) => {
    body.classList.toggle("open", open);
    body.querySelector("button.turn").setAttribute("aria-expanded", String(open));
  };
  const filter = () => {
    const wanted = form.elements.search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const rulings = new Set(all("input[name=ruling]:checked", form).map((box) => box.value));
    const least = Number(form.elements.severity.value);
    const shown = new Set();
    for (const body of bodies) {
      const fits = rulings.has(body.dataset.ruling) && Number(body.dataset.severity) >= least
        && wanted.every((word) => words.get(body).includes(word));
      body.hidden = !fits;
      if (fits) shown.add(body.id);
    }
    for (const node of nodes) node.classList.toggle("dim", !shown.has(node.dataset.release));
    document.getElementById("count").textContent = shown.size + " of " + bodies.length + " shown";
  };
  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
  for (const body of bodies) {
    turn(body, !body.classList.contains("quiet"));
    body.querySelector("tr.head").addEventListener("click", (event) => {
      const other = event.target.closest("a, button, input");
      if (!other || other.classList.contains("turn")) turn(body, !body.classList.contains("open"));
    });
  }
  const arrive = () => {
    const body = bodies.find((each) => "#" + each.id === location.hash);
    if (!body) return;
    body.hidden = false;
    turn(body, true);
    body.scrollIntoView({block: "center"});
  };
  window.addEventListener("hashchange", arrive);
  arrive();
  for (const canvas of all(".canvas")) {
    const drawing = canvas.querySelector("svg");
    const [width, height] = drawing.getAttribute("viewBox").split(" ").slice(2).map(Number);
    let scale = 1;
    const zoom = (next) => {
      scale = Math.min(3, Math.max(0.05, next));
      drawing.setAttribute("width", width * scale);
      drawing.setAttribute("height", height * scale);
    };
    const acts = {
      in: () => zoom(scale * 1.25), out: () => zoom(scale / 1.25), one: () => zoom(1),
      fit: () => zoom(Math.min(1, (canvas.clientWidth - 2) / width, (window.innerHeight * 0.7 - 2) / height)),
    };
    const tools = canvas.previousElementSibling;
    if (tools && tools.classList.contains("tools")) {
      for (const button of all("button", tools)) button.addEventListener("click", acts[button.dataset.act]);
    }
    const lines = all(".edge", drawing);
    for (const node of all("[data-node]", drawing)) {
      const mark = (hot) => () => {
        for (const line of lines) {
          if (line.dataset.from === node.dataset.node || line.dataset.to === node.dataset.node) {
            line.classList.toggle("hot", hot);
          }
        }
      };
      for (const [name, hot] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
        node.addEventListener(name, mark(hot));
      }
    }
  }
  window.addEventListener("beforeprint", () => {
    if (bodies.length <= 100) all("details.why").forEach((each) => { each.open = true; });
  });
})();
"""
