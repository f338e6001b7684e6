"use strict";
for (const tools of document.querySelectorAll(".tools")) {
  const steps = [...tools.parentElement.querySelectorAll(".step")];
  const shown = () => {
    const words = tools.querySelector(".find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = new Set([...tools.querySelectorAll("input[type=checkbox]")].filter((box) => !box.checked).map((box) => box.dataset.action));
    for (const step of steps) {
      step.hidden = off.has(step.dataset.action) || !words.every((word) => step.dataset.name.includes(word));
    }
  };
  tools.addEventListener("input", shown);
  const all = (open) => steps.forEach((step) => { if (step.tagName === "DETAILS") step.open = open; });
  tools.querySelector(".unfold").addEventListener("click", () => all(true));
  tools.querySelector(".fold").addEventListener("click", () => all(false));
}
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((one) => { one.open = true; });
});
window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
