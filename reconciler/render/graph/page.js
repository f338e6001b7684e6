"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = id => document.getElementById(id);
  const esc = text => String(text).replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`);
  const LISTED = 200;
  const frame = at("picture"), svg = frame.querySelector("svg");
  const sites = [...svg.querySelectorAll(".site")], labels = [...svg.querySelectorAll(".label")];
  const links = [...svg.querySelectorAll("path[data-link]")];
  const byNumber = new Map(links.map((path, place) => [+path.dataset.link, { path, label: labels[place] }]));

  // What is seen of the picture, in its own units.
  let view = { x: 0, y: 0, w: data.width, h: data.height };
  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const whole = () => { view = { x: 0, y: 0, w: data.width, h: data.height }; show(); };
  const scale = () => Math.max(view.w / frame.clientWidth, view.h / frame.clientHeight);
  const pointOf = event => {
    const box = frame.getBoundingClientRect(), unit = scale();
    return [view.x + view.w / 2 + (event.clientX - box.left - box.width / 2) * unit,
      view.y + view.h / 2 + (event.clientY - box.top - box.height / 2) * unit];
  };
  const zoom = (factor, [x, y]) => {
    const w = Math.min(Math.max(view.w * factor, 150), data.width * 4), real = w / view.w;
    view = { x: x - (x - view.x) * real, y: y - (y - view.y) * real, w, h: view.h * real };
    show();
  };
  const moveTo = number => {
    const box = sites[number].querySelector("rect").getBBox(), wide = Math.max(box.width * 5, 900);
    const high = wide * frame.clientHeight / frame.clientWidth;
    view = { x: box.x + box.width / 2 - wide / 2, y: box.y + box.height / 2 - high / 2, w: wide, h: high };
    show();
  };
  frame.addEventListener("wheel", event => {
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.0015), pointOf(event));
  }, { passive: false });
  let drag = null, moved = false;
  frame.addEventListener("pointerdown", event => { drag = [event.clientX, event.clientY]; moved = false; });
  frame.addEventListener("pointermove", event => {
    if (!drag || !event.buttons) return;
    const [x, y] = drag, unit = scale();
    if (Math.abs(event.clientX - x) + Math.abs(event.clientY - y) > 4 || moved) {
      moved = true;
      frame.classList.add("dragged");
      view.x -= (event.clientX - x) * unit;
      view.y -= (event.clientY - y) * unit;
      drag = [event.clientX, event.clientY];
      show();
    }
  });
  document.addEventListener("pointerup", () => { drag = null; frame.classList.remove("dragged"); });
  at("whole").addEventListener("click", whole);

  // Which clusters and peerings stand out.
  const clear = () => {
    svg.classList.remove("faded");
    for (const one of svg.querySelectorAll(".chosen, .picked, .found")) one.classList.remove("chosen", "picked", "found");
  };
  const choose = (chosenSites, chosenLinks) => {
    svg.classList.add("faded");
    for (const number of chosenSites) sites[number].classList.add("chosen");
    for (const number of chosenLinks) {
      const drawn = byNumber.get(number);
      drawn.path.classList.add("chosen");
      drawn.label?.classList.add("chosen");
      svg.querySelector(`[data-sign="${number}"] .sign`)?.classList.add("chosen");
    }
  };
  const linksOf = number => data.links.map((link, n) => n).filter(n => data.links[n].ends.includes(number));
  const list = (title, items) => items.length
    ? `<h3>${title} <span class="faint">${items.length}</span></h3><ul>${items.slice(0, LISTED).map(item => `<li>${item}</li>`).join("")}</ul>${items.length > LISTED ? `<p class="faint">and ${items.length - LISTED} more</p>` : ""}` : "";
  const nameOf = number => esc(data.sites[number].name);
  const linkButton = n => {
    const link = data.links[n];
    return `<button data-to-link="${n}">${nameOf(link.ends[0])} &harr; ${nameOf(link.ends[1])}</button> <span class="faint">${esc(link.action || link.state)}</span>`;
  };
  const exportsOf = (link, from) => link.exports.filter(([cluster]) => cluster === from).map(([, name]) => `<code>${esc(name)}</code>`);
  const flowsOf = test => (data.flows || []).filter(([from, to]) => test(from, to)).map(([, , words]) => `<code>${esc(words)}</code>`);
  const calls = test => data.flows === null ? "" : list("Calls that may be answered", flowsOf(test));

  const pickSite = number => {
    const site = data.sites[number], those = linksOf(number);
    clear();
    choose(new Set([number, ...those.flatMap(n => data.links[n].ends)]), those);
    sites[number].classList.add("picked");
    const gateway = site.gateway === null ? "" : `<p>Mesh gateway: ${site.gateway ? "yes" : "no"}</p>`;
    const unknown = site.unknown ? `<p class="denied">Not known: ${esc(site.unknown)}</p>` : "";
    const exported = those.flatMap(n => data.links[n].exports.filter(([cluster]) => cluster === number).map(([, name]) => [name, n]));
    const names = [...new Set(exported.map(([name]) => name))].sort();
    const toWhom = name => exported.filter(([one]) => one === name).map(([, n]) => nameOf(data.links[n].ends.find(end => end !== number))).join(", ");
    at("details").innerHTML = `<h2>${esc(site.name)}</h2><p class="faint">${esc(site.words)}</p>${unknown}${gateway}` +
      list("Peerings", those.map(linkButton)) +
      list("Exports", names.map(name => `<code>${esc(name)}</code> <span class="faint">to ${toWhom(name)}</span>`)) +
      list("Services", site.services.map(name => `<code>${esc(name)}</code>`)) +
      calls((from, to) => from !== to && (from === number || to === number));
  };
  const pickLink = n => {
    const link = data.links[n], [a, b] = link.ends;
    clear();
    choose(new Set(link.ends), [n]);
    byNumber.get(n).path.classList.add("picked");
    const action = link.action ? `<p>The plan: <b>${esc(link.action)}</b></p>` : "";
    at("details").innerHTML = `<h2>${nameOf(a)} &harr; ${nameOf(b)}</h2><p class="mono faint">${esc(link.address)}</p>` +
      `<p>${nameOf(a)} accepts and calls it <code>${esc(link.names[0])}</code>;<br>${nameOf(b)} dials and calls it <code>${esc(link.names[1])}</code></p>` +
      `<p>State: ${esc(link.state || "not known")}</p>${action}` +
      list(`${nameOf(a)} exports`, exportsOf(link, a)) + list(`${nameOf(b)} exports`, exportsOf(link, b)) +
      calls((from, to) => (from === a && to === b) || (from === b && to === a));
  };
  svg.addEventListener("click", event => {
    if (moved) return;
    const site = event.target.closest(".site"), link = event.target.closest("path[data-link]");
    if (site) pickSite(+site.dataset.site);
    else if (link) pickLink(+link.dataset.link);
    else clear();
  });
  svg.addEventListener("keydown", event => {
    const site = event.target.closest?.(".site");
    if (site && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); pickSite(+site.dataset.site); }
  });
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const middle = [view.x + view.w / 2, view.y + view.h / 2], step = view.w / 8;
    const move = (x, y) => { view.x += x * step; view.y += y * step; show(); };
    const keys = new Map([
      ["+", () => zoom(0.8, middle)], ["-", () => zoom(1.25, middle)], ["0", whole], ["Escape", clear],
      ["ArrowLeft", () => move(-1, 0)], ["ArrowRight", () => move(1, 0)], ["ArrowUp", () => move(0, -1)], ["ArrowDown", () => move(0, 1)],
    ]);
    const act = keys.get(event.key), scrolls = at("details").contains(event.target);
    if (act && !scrolls) { event.preventDefault(); act(); }
  });
  at("details").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.toLink !== undefined) pickLink(+button.dataset.toLink);
    if (button.dataset.toSite !== undefined) { pickSite(+button.dataset.toSite); moveTo(+button.dataset.toSite); }
  });

  // A cluster by its name, or a service: where it is, and which peerings export it.
  at("find").addEventListener("input", () => {
    const asked = at("find").value.trim().toLowerCase();
    clear();
    if (!asked) return;
    const named = [], having = [], over = [];
    data.sites.forEach((site, number) => {
      if (site.name.toLowerCase().includes(asked)) named.push(number);
      if (site.services.some(name => name.toLowerCase().includes(asked))) having.push(number);
      site.services.forEach((name, place) => {
        if (name.toLowerCase().includes(asked)) sites[number].querySelectorAll(".service")[place]?.classList.add("found");
      });
    });
    data.links.forEach((link, n) => { if (link.exports.some(([, name]) => name.toLowerCase().includes(asked))) over.push(n); });
    choose(new Set([...named, ...having, ...over.flatMap(n => data.links[n].ends)]), named.length ? [...over, ...named.flatMap(linksOf)] : over);
    const button = number => `<button data-to-site="${number}">${nameOf(number)}</button>`;
    at("details").innerHTML = `<h2>${esc(asked)}</h2>` + list("Clusters of that name", named.map(button)) +
      list("Clusters that have it", having.map(button)) + list("Peerings that export it", over.map(linkButton)) +
      (named.length + having.length + over.length ? "" : '<p class="faint">Nothing is called so.</p>');
  });
  for (const box of document.querySelectorAll("input[data-class]")) box.addEventListener("change", () => {
    for (const one of svg.querySelectorAll(`.link.${box.dataset.class}, .ailing.${box.dataset.class}, .label.${box.dataset.class}, .sign.${box.dataset.class}`)) one.classList.toggle("hidden", !box.checked);
  });
})();
