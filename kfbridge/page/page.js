"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const tasks = JSON.parse($("data").textContent).tasks.map(([path, state, took], number) => ({ path, state, took, number }));
  const byPath = new Map(tasks.map((task) => [task.path, task]));
  const boxes = all("[data-path]");
  const loops = new Set(boxes.filter((box) => box.hasAttribute("data-loop")).map((box) => box.dataset.path));
  const worst = ["failed", "running", "cancelled", "pending", "succeeded", "skipped"];

  // Iterations: those of each loop instance, and the one of each loop that is shown.
  const iterations = new Map();
  for (const task of tasks) {
    const end = task.path.match(/^(.*)\[(\d+)\]$/s);
    if (end) {
      if (!iterations.has(end[1])) iterations.set(end[1], []);
      iterations.get(end[1])[Number(end[2])] = task;
    }
  }
  const shown = new Map();

  function pickOf(loopPath, instance) {
    const found = iterations.get(instance) || [];
    const picked = shown.get(loopPath);
    if (picked !== undefined && picked < found.length) return picked;
    for (const state of worst) {
      const first = found.findIndex((task) => task && task.state === state);
      if (first >= 0) return first;
    }
    return 0;
  }

  /** The path of a box's task, with the iterations that are shown now. */
  function instanceOf(path) {
    let fixed = "", instance = "";
    for (const name of path.split("/")) {
      if (loops.has(fixed)) instance += `[${pickOf(fixed, instance)}]`;
      fixed = fixed ? `${fixed}/${name}` : name;
      instance = instance ? `${instance}/${name}` : name;
    }
    return instance;
  }

  // Drawing -----------------------------------------------------------------------------------------

  let current = null;

  function refresh() {
    for (const box of boxes) {
      const instance = instanceOf(box.dataset.path);
      const task = byPath.get(instance);
      const state = task ? task.state : "absent";
      box.dataset.state = state;
      box.dataset.instance = instance;
      const button = box.querySelector(".pick");
      button.querySelector(".told").textContent = task ? [state, task.took].filter(Boolean).join(" · ") : "not reached";
      button.setAttribute("aria-pressed", String(task !== undefined && task === current));
      button.disabled = !task;
      if (box.hasAttribute("data-loop")) drawStrip(box, instance);
    }
  }

  function drawStrip(box, instance) {
    const strip = box.querySelector(".strip");
    const found = iterations.get(instance) || [];
    const picked = pickOf(box.dataset.path, instance);
    if (strip.dataset.instance !== instance) {
      strip.dataset.instance = instance;
      strip.replaceChildren(...found.map((task, number) => cell(task, number)));
    }
    [...strip.children].forEach((one, number) => {
      one.setAttribute("aria-pressed", String(number === picked));
      one.tabIndex = number === picked ? 0 : -1;
    });
    const seen = strip.children[picked];
    if (seen && strip.scrollHeight > strip.clientHeight) strip.scrollTop = seen.offsetTop - strip.clientHeight / 2;
    if (found.length > 1) {
      const told = box.querySelector(".told");
      told.textContent += ` · here [${picked}] of ${found.length.toLocaleString("en")}`;
    }
  }

  function cell(task, number) {
    const one = document.createElement("button");
    one.type = "button";
    one.className = "cell";
    one.dataset.number = number;
    one.dataset.state = task ? task.state : "absent";
    one.title = `[${number}] ${one.dataset.state}${task && task.took ? ` · ${task.took}` : ""}`;
    one.setAttribute("aria-label", `iteration ${number}, ${one.dataset.state}`);
    return one;
  }

  /** The edges of each dag that is seen, from below one box to above another. */
  function drawEdges() {
    for (const dag of all(".dag[data-edges]")) {
      const svg = dag.querySelector(":scope > .edges");
      if (!dag.offsetParent) continue;
      const nodes = all(":scope > .row > .box", dag);
      svg.setAttribute("width", dag.clientWidth);
      svg.setAttribute("height", dag.clientHeight);
      const paths = JSON.parse(dag.dataset.edges).map(([from, to]) => {
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        path.setAttribute("d", curve(nodes[from], nodes[to]));
        if (current && [nodes[from], nodes[to]].some((box) => box.dataset.instance === current.path)) {
          path.setAttribute("class", "near");
        }
        return path;
      });
      svg.replaceChildren(...paths);
    }
  }

  function curve(from, to) {
    const x1 = from.offsetLeft + from.offsetWidth / 2, y1 = from.offsetTop + from.offsetHeight;
    const x2 = to.offsetLeft + to.offsetWidth / 2, y2 = to.offsetTop;
    const bend = Math.max(12, Math.min(60, (y2 - y1) / 2));
    const tip = `M${x2 - 3.5} ${y2 - 6}L${x2} ${y2}L${x2 + 3.5} ${y2 - 6}`;
    return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}${tip}`;
  }

  // Picking a task ----------------------------------------------------------------------------------

  function show(task, focus = true) {
    current = task || null;
    const template = $(task ? `task-${task.number}` : "overview");
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = "Close";
    close.addEventListener("click", leave);
    $("detail").replaceChildren(close, template.content.cloneNode(true));
    $("detail").classList.toggle("picked", Boolean(task));
    $("detail").scrollTop = 0;
    if (task) reveal(task.path);
    refresh();
    drawEdges();
    const box = boxOf(task);
    if (box && box.closest(".large")) box.scrollIntoView({ block: "nearest", inline: "nearest" });
    history.replaceState(null, "", task ? `#${encodeURIComponent(task.path)}` : location.pathname + location.search);
    if (focus) $("detail").querySelector("h2").focus({ preventScroll: Boolean(task) });
  }

  /** Turn the loops around a task to its iterations. */
  function reveal(path) {
    let fixed = "";
    for (const part of path.split("/")) {
      const [, name, number] = part.match(/^(.*?)(?:\[(\d+)\])?$/s);
      fixed = fixed ? `${fixed}/${name}` : name;
      if (number !== undefined) shown.set(fixed, Number(number));
    }
  }

  function boxOf(task) {
    return task && boxes.find((one) => one.dataset.instance === task.path);
  }

  function leave() {
    const box = boxOf(current);
    show(null, false);
    if (box) box.querySelector(".pick").focus();
  }

  function fold(box, folded) {
    const button = box.querySelector(":scope > .head > .fold");
    button.setAttribute("aria-expanded", String(!folded));
    button.setAttribute("aria-label", `${folded ? "unfold" : "fold"} ${box.dataset.path}`);
    box.querySelector(":scope > .inside").hidden = folded;
  }

  const groups = boxes.filter((box) => box.classList.contains("group"));
  function foldAll(folded) {
    groups.forEach((box) => fold(box, folded));
    drawEdges();
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    if (at(".cell")) {
      const box = at(".box"), number = Number(at(".cell").dataset.number);
      shown.set(box.dataset.path, number);
      show(byPath.get(`${box.dataset.instance}[${number}]`), false);
    } else if (at(".pick")) {
      show(byPath.get(at(".box").dataset.instance));
    } else if (at(".fold")) {
      fold(at(".box"), at(".fold").getAttribute("aria-expanded") === "true");
      drawEdges();
    } else if (at("[data-task]")) {
      show(tasks[Number(at("[data-task]").dataset.task)]);
      $("graph").scrollIntoView({ block: "nearest" });
    } else if (at("[data-filter]")) {
      at("[data-filter]").setAttribute("aria-pressed", String(at("[data-filter]").getAttribute("aria-pressed") !== "true"));
      filter();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && current) leave();
    const from = event.target.closest(".cell");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (from && step) {
      const next = step > 0 ? from.nextElementSibling : from.previousElementSibling;
      if (next) {
        next.click();
        next.focus();
        event.preventDefault();
      }
    }
  });

  // The table ---------------------------------------------------------------------------------------

  function filter() {
    const words = $("search").value.toLowerCase();
    const states = all("[data-filter][aria-pressed=true]").map((one) => one.dataset.filter);
    for (const row of all(".steps tbody tr")) {
      const fits = row.cells[0].textContent.toLowerCase().includes(words);
      row.hidden = !fits || (states.length > 0 && !states.includes(row.dataset.state));
    }
  }

  $("search").addEventListener("input", filter);
  $("fold").addEventListener("click", () => foldAll(true));
  $("unfold").addEventListener("click", () => foldAll(false));
  $("run").addEventListener("click", () => show(null));
  new ResizeObserver(drawEdges).observe(document.querySelector(".canvas"));
  addEventListener("beforeprint", drawEdges);
  groups.forEach((box) => fold(box, box.querySelector(":scope > .inside").hidden));

  let asked = "";
  try {
    asked = decodeURIComponent(location.hash.slice(1));
  } catch {
    asked = ""; // a fragment that somebody cut
  }
  show(byPath.get(asked), false);
})();
