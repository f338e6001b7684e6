"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const WORDS = ["allowed", "mixed", "depends", "denied", "unreachable"];
  const SIGNS = { allowed: "✓", mixed: "◐", depends: "?", denied: "✕", unreachable: "–" };
  const MARKS = { ok: "ok", stop: "no", unknown: "?", "not-reached": "--" };
  const UNFOLDED = 45; // services of an axis up to which all of it is shown unfolded
  const LISTED = 40; // pairs that the details list
  const NOT_ASKED = "not looked at: no peering between their clusters, or one and the same service";
  const at = id => document.getElementById(id);
  const esc = text => String(text).replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`);

  // An axis is its clusters, each with its services: [name, number].
  const axis = services => {
    const groups = new Map();
    services.forEach(([name, cluster], number) => {
      if (!groups.has(cluster)) groups.set(cluster, { cluster, open: services.length <= UNFOLDED, leaves: [] });
      groups.get(cluster).leaves.push({ name, number });
    });
    const found = [...groups.values()];
    if (found.length === 1) found[0].open = true;
    return found;
  };
  const callers = axis(data.callers), targets = axis(data.to);
  const hidden = new Set();
  let picked = null;

  const answerOf = (caller, to) => {
    const id = data.cells[caller][to];
    return id < 0 ? null : data.answers[id];
  };
  const shown = answer => answer !== null && !hidden.has(WORDS[answer.d]);
  const matching = (group, words) => group.leaves.filter(
    leaf => words.every(word => `${leaf.name}@${group.cluster}`.toLowerCase().includes(word)));
  const words = id => at(id).value.toLowerCase().split(/\s+/).filter(Boolean);

  // What is shown of an axis: groups with what is left of their leaves, and the items in order.
  const items = (groups, search) => {
    const asked = words(search), out = [];
    for (const group of groups) {
      const leaves = matching(group, asked);
      if (!leaves.length) continue;
      const open = group.open || (asked.length > 0 && leaves.length <= UNFOLDED);
      out.push({ group, leaves, open, sum: true });
      if (open) for (const leaf of leaves) out.push({ group, leaves: [leaf], leaf });
    }
    return out;
  };
  const visible = (rows, columns) => {
    if (!hidden.size) return [rows, columns];
    const any = (row, column) => row.leaves.some(a => column.leaves.some(b => shown(answerOf(a.number, b.number))));
    const sums = list => list.filter(item => item.sum), across = sums(columns);
    const keptRows = rows.filter(row => across.some(column => any(row, column))), down = sums(keptRows);
    return [keptRows, columns.filter(column => down.some(row => any(row, column)))];
  };
  const totals = (row, column) => {
    const counts = [0, 0, 0, 0, 0];
    for (const a of row.leaves) for (const b of column.leaves) {
      const answer = answerOf(a.number, b.number);
      if (shown(answer)) counts[answer.d]++;
    }
    return counts;
  };
  const service = (groups, item) => `${item.leaf.name}@${item.group.cluster}`;
  const label = (row, column) =>
    `${row.leaf ? service(callers, row) : `* in ${row.group.cluster}`} → ${column.leaf ? service(targets, column) : `* in ${column.group.cluster}`}`;

  let rows = [], columns = [];
  // Cells are many: what they say is worked out when the pointer is over one.
  const cell = (row, column) => {
    const edge = column.sum ? " edge" : "";
    if (row.leaf && column.leaf) {
      const answer = answerOf(row.leaf.number, column.leaf.number);
      if (answer === null) return '<td class="none">·';
      const word = WORDS[answer.d];
      return `<td class="${word}${hidden.has(word) ? " off" : ""}">${SIGNS[word]}`;
    }
    const counts = totals(row, column), all = counts.reduce((a, b) => a + b, 0);
    if (!all) return `<td class="sum none${edge}">`;
    const passing = counts[0] + counts[1] + counts[2];
    if (column.leaf) return `<td class="sum">${passing || ""}`;
    if (row.leaf) return `<td class="sum${edge}">${passing}/${all}`;
    const stops = [];
    let from = 0;
    counts.forEach((n, d) => { if (n) stops.push([WORDS[d], from, from += 100 * n / all]); });
    const bar = stops.map(([word, start, end]) => `<rect class="${word}" x="${start.toFixed(1)}" width="${(end - start).toFixed(1)}" height="4"/>`).join("");
    return `<td class="sum${edge}">${passing}/${all}<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none">${bar}</svg>`;
  };
  const said = (row, column) => {
    if (row.leaf && column.leaf) {
      const answer = answerOf(row.leaf.number, column.leaf.number);
      return `${label(row, column)}: ${answer === null ? NOT_ASKED : WORDS[answer.d]}`;
    }
    const words = totals(row, column).map((n, d) => n ? `${n} ${WORDS[d]}` : "").filter(Boolean).join(", ");
    return `${label(row, column)}: ${words || NOT_ASKED}`;
  };
  const placeOf = td => [rows[seen.top + td.parentNode.sectionRowIndex - 1], columns[seen.left + td.cellIndex - 2]];
  const head = (item, kind, n) => item.leaf
    ? `<span>${esc(item.leaf.name)}</span>`
    : `<button data-${kind}="${n}" aria-expanded="${item.open}">${item.open ? "▾" : "▸"} ${esc(item.group.cluster)} <span class="faint">${item.leaves.length}</span></button>`;

  // Of a matrix with very many cells only those near the visible part are in the page; empty rows and columns
  // before and behind them keep its size.
  const CELLS = 12000, AROUND = 12;
  const SPACE = '<td class="space"></td>', SPACE_ROW = '<tr class="space"><td></td></tr>';
  let seen = { top: 0, bottom: 0, left: 0, right: 0 };
  let sizes = { row: 21, groups: 25, column: 21, group: 60 };
  const heights = list => list.map(row => row.sum ? sizes.groups : sizes.row);
  const widths = list => list.map(column => column.sum ? sizes.group : sizes.column);
  const sum = list => list.reduce((a, b) => a + b, 0);
  // The items that are between two places, with some around them.
  const within = (lengths, from, to) => {
    let first = 0, at = 0;
    while (first < lengths.length && at + lengths[first] < from) at += lengths[first++];
    let last = first;
    while (last < lengths.length && at < to) at += lengths[last++];
    return [Math.max(first - AROUND, 0), Math.min(last + AROUND, lengths.length)];
  };
  const windowOf = all => {
    const frame = at("matrix");
    if (all || rows.length * columns.length <= CELLS) return { top: 0, bottom: rows.length, left: 0, right: columns.length };
    const [top, bottom] = within(heights(rows), frame.scrollTop, frame.scrollTop + frame.clientHeight);
    const [left, right] = within(widths(columns), frame.scrollLeft, frame.scrollLeft + frame.clientWidth);
    return { top, bottom, left, right };
  };
  const show = all => {
    seen = windowOf(all);
    const across = columns.slice(seen.left, seen.right);
    const out = ['<table class="matrix"><thead><tr><th>from ↓ &nbsp; to →</th><th class="space"></th>'];
    across.forEach((column, c) => out.push(
      `<th class="${column.sum ? "group edge" : "leaf"}" title="${esc(column.leaf ? service(targets, column) : column.group.cluster)}"><div class="down">${head(column, "column", seen.left + c)}</div></th>`));
    out.push(`<th class="space"></th></tr></thead><tbody>${SPACE_ROW}`);
    rows.slice(seen.top, seen.bottom).forEach((row, r) => {
      out.push(`<tr class="${row.sum ? "groups" : ""}"><th class="${row.sum ? "group" : "leaf"}" title="${esc(row.leaf ? service(callers, row) : row.group.cluster)}">${head(row, "row", seen.top + r)}</th>${SPACE}`);
      for (const column of across) out.push(cell(row, column));
      out.push(SPACE, "</tr>");
    });
    out.push(`${SPACE_ROW}</tbody></table>`);
    at("matrix").innerHTML = rows.length && columns.length ? out.join("") : '<p class="empty">Nothing matches.</p>';
    fit();
    mark();
  };
  let names = 0; // width of the callers' names so far: it must not change with what is scrolled to
  const fit = () => {
    const table = at("matrix").querySelector("table");
    if (!table) return;
    const first = table.tHead.rows[0], body = table.tBodies[0];
    const put = (cells, before, behind, way) => {
      cells[0].style[way] = `${before}px`;
      cells[1].style[way] = `${behind}px`;
    };
    const high = heights(rows), wide = widths(columns);
    put([body.rows[0].cells[0], body.rows[body.rows.length - 1].cells[0]], sum(high.slice(0, seen.top)), sum(high.slice(seen.bottom)), "height");
    put([first.cells[1], first.cells[first.cells.length - 1]], sum(wide.slice(0, seen.left)), sum(wide.slice(seen.right)), "minWidth");
    if (seen.bottom - seen.top === rows.length && seen.right - seen.left === columns.length) return;
    names = Math.max(names, first.cells[0].offsetWidth);
    first.cells[0].style.minWidth = `${names}px`;
    const size = (selector, side, known) => table.querySelector(selector)?.[side] || known;
    sizes = {
      row: size("tbody th.leaf", "offsetHeight", sizes.row), groups: size("tbody th.group", "offsetHeight", sizes.groups),
      column: size("thead th.leaf", "offsetWidth", sizes.column), group: size("thead th.group", "offsetWidth", sizes.group),
    };
  };
  const draw = () => {
    [rows, columns] = visible(items(callers, "callers"), items(targets, "targets"));
    names = 0;
    show(false);
  };
  at("matrix").addEventListener("scroll", () => {
    const next = windowOf(false);
    const inside = next.top >= seen.top - AROUND / 2 && next.bottom <= seen.bottom + AROUND / 2 && next.left >= seen.left - AROUND / 2 && next.right <= seen.right + AROUND / 2;
    if (!inside) show(false);
  });

  const mark = () => {
    for (const old of document.querySelectorAll(".picked, .crossed")) old.classList.remove("picked", "crossed");
    if (!picked) return;
    const r = rows.findIndex(row => same(row, picked.row)), c = columns.findIndex(column => same(column, picked.column));
    if (r < seen.top || c < seen.left || r >= seen.bottom || c >= seen.right) return;
    const table = at("matrix").firstElementChild, line = table.tBodies[0].rows[r - seen.top + 1];
    line.cells[c - seen.left + 2].classList.add("picked");
    line.cells[0].classList.add("crossed");
    table.tHead.rows[0].cells[c - seen.left + 2].classList.add("crossed");
  };
  const same = (one, other) => one.group === other.group && one.leaf === other.leaf && !one.leaf === !other.leaf;

  const bare = id => data.reasons[id][1] === "not-reached" && ["", "not reached"].includes(data.texts[data.reasons[id][2]]);
  const step = id => {
    const [name, verdict, text, place] = data.reasons[id];
    const where = place < 0 ? "" : `<span class="at mono">${esc(data.texts[place])}</span>`;
    return `<li class="${verdict}"><span class="mark ${verdict}">${MARKS[verdict]}</span><span><b>${esc(name)}</b> ${esc(data.texts[text])}${verdict === "not-reached" ? " (not reached)" : ""}</span>${where}</li>`;
  };
  const steps = because => {
    const rest = because.filter(bare).map(id => data.reasons[id][0]).join(", ");
    const skipped = rest ? `<li class="not-reached"><span class="mark">--</span><span>not reached: ${esc(rest)}</span></li>` : "";
    return `<ol class="steps">${because.filter(id => !bare(id)).map(step).join("")}${skipped}</ol>`;
  };
  const listed = (title, texts) => texts && texts.length
    ? `<h3>${title}</h3><ul>${texts.map(text => `<li>${esc(text)}</li>`).join("")}</ul>` : "";
  const explain = (row, column) => {
    const answer = answerOf(row.leaf.number, column.leaf.number);
    if (answer === null) return `<h2>${esc(label(row, column))}</h2><p class="faint">${NOT_ASKED}</p>`;
    const word = WORDS[answer.d], by = answer.by === undefined ? "" : ` <span class="faint">by ${esc(answer.by)}</span>`;
    const shares = (answer.shares || []).map(share => `<h3>${esc(share.text)}</h3>${steps(data.chains[share.chain])}`).join("");
    return `<h2>${esc(label(row, column))}</h2><span class="decision ${word}">${word}</span>${by}` +
      steps(data.chains[answer.chain]) + listed("It depends on", answer.conditions) + shares + listed("Mesh gateways on the way", answer.gateways);
  };
  const summary = (row, column) => {
    const found = [[], [], [], [], []];
    for (const a of row.leaves) for (const b of column.leaves) {
      const answer = answerOf(a.number, b.number);
      if (shown(answer)) found[answer.d].push([a, b]);
    }
    const parts = found.map((pairs, d) => pairs.length ? `<h3><span class="${WORDS[d]}">${WORDS[d]}</span> ${pairs.length}</h3><ul class="pairs">${
      pairs.slice(0, LISTED).map(([a, b]) => `<li><button class="mono" data-a="${a.number}" data-b="${b.number}">${esc(`${a.name}@${row.group.cluster} → ${b.name}@${column.group.cluster}`)}</button></li>`).join("")
    }</ul>${pairs.length > LISTED ? `<p class="faint">and ${pairs.length - LISTED} more</p>` : ""}` : "").join("");
    return `<h2>${esc(label(row, column))}</h2>${parts || `<p class="faint">${NOT_ASKED}</p>`}`;
  };
  const pick = (row, column) => {
    picked = { row, column };
    at("details").innerHTML = row.leaf && column.leaf ? explain(row, column) : summary(row, column);
    if (row.leaf && column.leaf) history.replaceState(null, "", `#${encodeURIComponent(label(row, column))}`);
    mark();
  };
  // Scroll to what is picked: first to about where it is, where that part of the matrix is not in the page.
  const reveal = () => {
    const r = rows.findIndex(row => same(row, picked.row)), c = columns.findIndex(column => same(column, picked.column));
    if (r < 0 || c < 0) return;
    const frame = at("matrix");
    if (!frame.querySelector(".picked")) {
      frame.scrollTop = sum(heights(rows.slice(0, r))) - frame.clientHeight / 2;
      frame.scrollLeft = sum(widths(columns.slice(0, c))) - frame.clientWidth / 2;
      show(false);
    }
    frame.querySelector(".picked")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const itemOf = (groups, number) => {
    for (const group of groups) {
      const leaf = group.leaves.find(one => one.number === number);
      if (leaf) return { group, leaf, leaves: [leaf] };
    }
    return null;
  };

  at("matrix").addEventListener("click", event => {
    const button = event.target.closest("button"), td = event.target.closest("td");
    if (button) {
      const item = button.dataset.row ? rows[+button.dataset.row] : columns[+button.dataset.column];
      item.group.open = !item.open;
      draw();
    } else if (td && !td.closest(".space")) pick(...placeOf(td));
  });
  at("matrix").addEventListener("mouseover", event => {
    const td = event.target.closest("td");
    if (td && !td.title && !td.closest(".space")) td.title = said(...placeOf(td));
  });
  at("details").addEventListener("click", event => {
    const button = event.target.closest("button[data-a]");
    if (button) pick(itemOf(callers, +button.dataset.a), itemOf(targets, +button.dataset.b));
  });
  document.addEventListener("keydown", event => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!picked || !moves[event.key] || event.target.matches("input")) return;
    const r = rows.findIndex(row => same(row, picked.row)) + moves[event.key][0];
    const c = columns.findIndex(column => same(column, picked.column)) + moves[event.key][1];
    if (!rows[r] || !columns[c]) return;
    event.preventDefault();
    pick(rows[r], columns[c]);
    reveal();
  });
  for (const id of ["callers", "targets"]) at(id).addEventListener("input", draw);
  for (const box of document.querySelectorAll("input[data-decision]")) box.addEventListener("change", () => {
    hidden[box.checked ? "delete" : "add"](box.dataset.decision);
    draw();
  });
  const PAPER = 960; // pixels between the margins of A4 and Letter, landscape: a wider matrix is printed smaller
  const zoom = value => { const table = at("matrix").querySelector("table"); if (table) table.style.zoom = value(table); };
  window.addEventListener("beforeprint", () => show(true));
  window.addEventListener("beforeprint", () => zoom(table => Math.min(1, PAPER / table.scrollWidth)));
  window.addEventListener("afterprint", () => { zoom(() => ""); show(false); });
  const fold = open => { for (const group of [...callers, ...targets]) group.open = open; draw(); };
  at("unfold").addEventListener("click", () => fold(true));
  at("fold").addEventListener("click", () => fold(false));

  const linked = () => {
    const [from, to] = decodeURIComponent(location.hash.slice(1)).split(" → ");
    const found = (services, name) => services.findIndex(([one, cluster]) => `${one}@${cluster}` === name);
    const a = found(data.callers, from), b = found(data.to, to);
    if (a >= 0 && b >= 0) return [itemOf(callers, a), itemOf(targets, b)];
    return data.callers.length === 1 && data.to.length === 1 ? [itemOf(callers, 0), itemOf(targets, 0)] : null;
  };
  const first = linked();
  if (first) for (const item of first) item.group.open = true;
  draw();
  if (first) { pick(...first); reveal(); }
})();
