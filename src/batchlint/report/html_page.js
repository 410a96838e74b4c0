"use strict";
// Sorting, filtering and search on top of a page that reads well without any of them.
const table = document.querySelector("#sites table");
if (table) {
  const bodies = [...table.tBodies];
  const heads = [...table.tHead.rows[0].cells];
  const order = new Map(bodies.map((body, index) => [body, index]));

  const key = (body, column) => {
    const cell = body.rows[0].cells[column];
    return cell.dataset.sort === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.sort);
  };
  const compare = (left, right) => (typeof left === "number" ? left - right : left.localeCompare(right));
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = head.classList.contains("num");
      const now = head.getAttribute("aria-sort");
      const next = now ? (now === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", next);
      const sign = next === "ascending" ? 1 : -1;
      bodies
        .sort((a, b) => sign * compare(key(a, column), key(b, column)) || order.get(a) - order.get(b))
        .forEach((body) => table.append(body));
    });
  });

  const tools = document.querySelector(".tools");
  const search = tools.querySelector("input");
  const chips = [...tools.querySelectorAll("button[data-verdict]")];
  const filter = () => {
    const off = new Set(chips.filter((c) => c.getAttribute("aria-pressed") === "false").map((c) => c.dataset.verdict));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const body of bodies) {
      const text = body.textContent.toLowerCase();
      body.classList.toggle("gone", off.has(body.dataset.verdict) || !words.every((word) => text.includes(word)));
    }
  };
  search.addEventListener("input", filter);
  chips.forEach((chip) =>
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
      filter();
    })
  );
  const all = tools.querySelector("button[data-all]");
  all.addEventListener("click", () => {
    const open = all.getAttribute("aria-expanded") !== "true";
    table.querySelectorAll("details").forEach((details) => (details.open = open));
    all.setAttribute("aria-expanded", String(open));
    all.textContent = open ? "Close all" : "Open all";
  });
  tools.hidden = false;

  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr.site");
    if (row && !event.target.closest("a, button") && !String(getSelection())) {
      const details = row.nextElementSibling.querySelector("details");
      details.open = !details.open;
    }
  });
  const follow = () => {
    const body = location.hash && document.getElementById(location.hash.slice(1));
    if (body && table.contains(body)) {
      body.classList.remove("gone");
      body.querySelector("details").open = true;
      body.scrollIntoView({ block: "center" });
    }
  };
  addEventListener("hashchange", follow);
  follow();
}
