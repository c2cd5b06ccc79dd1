// The board: a row for each model and place, a column a target, a button a job. One stop of the Tab
// key; arrow keys move inside.

const CELLS_AT_ONCE = 1500;

function grouped(jobs) {
  const rows = new Map();
  for (const job of jobs) {
    const key = `${job.model}\u0000${job.place ?? ""}`;
    if (!rows.has(key)) rows.set(key, []);
    rows.get(key).push(job);
  }
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, own]) => own);
}

function boardOf(jobs) {
  const targets = [...new Set(jobs.map(targetOf))].sort();
  const columns = new Map(targets.map((target, index) => [target, index]));
  const heads = targets.map((target) =>
    element("th", { scope: "col", role: "columnheader" }, text(target)));
  const first = element("th", { scope: "col", role: "columnheader" }, "Model");
  const body = element("tbody", { role: "rowgroup" });
  const models = grouped(jobs);
  const table = element("table", { class: "board", role: "grid", "aria-labelledby": "board-title",
                                   "aria-rowcount": models.length + 1, onkeydown: moveOnBoard },
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, first, ...heads)), body);
  const rows = models.map((own) => () => body.append(boardRow(own, columns)));
  const step = Math.max(1, Math.floor(CELLS_AT_ONCE / (targets.length + 1)));
  return { table, rows, step, what: "models" };
}

function boardRow(jobs, columns) {
  const cells = [...columns].map(() => element("td", { role: "gridcell" }));
  for (const job of jobs) cells[columns.get(targetOf(job))].append(boardCell(job));
  const [{ model, place }] = jobs;
  const where = place ? [element("span", { class: "place" }, text(place))] : [];
  const head = element("th", { scope: "row", role: "rowheader" }, text(model), ...where);
  return element("tr", { role: "row" }, head, ...cells);
}

function boardCell(job) {
  const label = element("span", { class: "target" }, text(targetOf(job)));
  const shown = element("span", {}, sign(job), ` ${brief(job)}`);
  const names = { class: stateOf(job).tone, "aria-label": sentence(job), tabindex: "-1" };
  return jobButton(job, names, label, shown);
}

function moveOnBoard(event) {
  const from = event.target.closest("td button");
  if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
  const to = neighbour(from, event.key);
  if (!to) return;
  event.preventDefault();
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

function neighbour(from, key) {
  const row = from.closest("tr");
  const inRow = [...row.querySelectorAll("td button")];
  const place = inRow.indexOf(from);
  switch (key) {
    case "ArrowRight": return inRow[place + 1];
    case "ArrowLeft": return inRow[place - 1];
    case "Home": return inRow[0];
    case "End": return inRow.at(-1);
    case "ArrowDown": return inColumn(from, row, "nextElementSibling");
    case "ArrowUp": return inColumn(from, row, "previousElementSibling");
    default: return undefined;
  }
}

// The job of the same target in the nearest row that has one.
function inColumn(from, row, direction) {
  const column = from.closest("td").cellIndex;
  for (let next = row[direction]; next; next = next[direction]) {
    const found = next.cells[column].querySelector("button");
    if (found) return found;
  }
  return undefined;
}
