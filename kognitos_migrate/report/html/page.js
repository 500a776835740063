"use strict";

// Everything is there without this script: it filters, searches, opens and closes.
(() => {
  const entries = [...document.querySelectorAll(".entry")];
  const form = document.querySelector(".tools");
  for (const button of document.querySelectorAll(".copy")) copies(button);
  if (!form) return;

  const query = document.getElementById("query");
  const count = document.getElementById("count");
  const chips = [...form.querySelectorAll(".chip")];
  const choices = [...form.querySelectorAll("select")];
  const texts = new Map(entries.map((entry) => [entry, entry.textContent.toLowerCase()]));

  function pressed() {
    return chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.state);
  }

  function fits(entry, words, states) {
    return (
      (!states.length || states.includes(entry.dataset.state)) &&
      choices.every(({ value, dataset }) => !value || entry.dataset[dataset.by].split("\n").includes(value)) &&
      words.every((word) => texts.get(entry).includes(word))
    );
  }

  function filter() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const states = pressed();
    let shown = 0;
    for (const entry of entries) {
      entry.hidden = !fits(entry, words, states);
      shown += !entry.hidden;
    }
    const narrowed = words.length || states.length || choices.some((choice) => choice.value);
    count.textContent = narrowed ? `${shown} of ${entries.length} shown` : `${entries.length} shown`;
    document.getElementById("none").hidden = shown > 0;
    document.getElementById("clear").hidden = !narrowed;
    remember(states);
  }

  // The filter is in the address, so that it can be sent to somebody, and survives a reload.
  function remember(states) {
    const said = new URLSearchParams();
    if (query.value.trim()) said.set("q", query.value.trim());
    if (states.length) said.set("state", states.join(" "));
    for (const { value, dataset } of choices) if (value) said.set(dataset.by, value);
    const address = location.href.split("#")[0];
    if (said.size) history.replaceState(null, "", `${address}#${said}`);
    else if (location.hash.includes("=")) history.replaceState(null, "", address);
  }

  function recall() {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) {
      const entry = hash && document.getElementById(decodeURIComponent(hash));
      if (entry && entry.matches(".entry")) entry.open = true;
      return;
    }
    const said = new URLSearchParams(hash);
    query.value = said.get("q") ?? "";
    const states = (said.get("state") ?? "").split(" ");
    for (const chip of chips) chip.ariaPressed = String(states.includes(chip.dataset.state));
    for (const choice of choices) choice.value = said.get(choice.dataset.by) ?? "";
  }

  function clear() {
    query.value = "";
    for (const chip of chips) chip.ariaPressed = "false";
    for (const choice of choices) choice.value = "";
    filter();
    query.focus();
  }

  // Arrows go from one conversation to the next.
  function step(from, by) {
    const shown = entries.filter((entry) => !entry.hidden);
    const next = shown[shown.indexOf(from) + by];
    if (next) next.querySelector("summary").focus();
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  query.addEventListener("input", filter);
  for (const choice of choices) choice.addEventListener("change", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    });
  }
  document.getElementById("clear").addEventListener("click", clear);
  for (const [id, open] of [["unfold", true], ["fold", false]]) {
    document.getElementById(id).addEventListener("click", () => {
      for (const entry of entries) if (!entry.hidden) entry.open = open;
    });
  }
  for (const link of document.querySelectorAll("a[data-by]")) {
    link.addEventListener("click", (event) => {
      const choice = choices.find(({ dataset }) => dataset.by === link.dataset.by);
      if (!choice) return;
      event.preventDefault();
      choice.value = link.dataset.value;
      filter();
      document.getElementById("conversations").scrollIntoView();
      choice.focus({ preventScroll: true });
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (key === "/" && !target.matches("input, select")) {
      event.preventDefault();
      query.focus();
    } else if (key === "Escape" && form.contains(target)) {
      clear();
    } else if (target.matches(".entry > summary") && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      step(target.parentElement, key === "ArrowDown" ? 1 : -1);
    }
  });
  window.addEventListener("hashchange", () => {
    recall();
    filter();
  });
  recall();
  filter();

  function copies(button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.closest("figure").querySelector("pre").textContent);
      button.textContent = "Copied";
    });
  }
})();
