// The list: a row a job, sorted by any column.

const ROWS_AT_ONCE = 300;
const ORDER = Object.keys(STATES);
const COLUMNS = [
  { name: "Job", key: (job) => `${job.model}\u0000${job.target}\u0000${job.place}`, cell: listedName },
  { name: "State", key: (job) => ORDER.indexOf(job.state), cell: listedState },
  { name: "Age", key: (job) => job.age_seconds ?? -1, cell: (job) => timeCell(job.age_seconds) },
  { name: "Compiled in", key: (job) => job.duration_seconds ?? -1,
    cell: (job) => timeCell(job.duration_seconds) },
  { name: "Size", key: (job) => job.artifact_bytes ?? -1, wide: true,
    cell: (job) => (job.artifact_bytes === undefined ? "" : size(job.artifact_bytes)) },
  { name: "Artifact or reason", key: result, wide: true, long: true, cell: (job) => text(result(job)) },
];
const sorting = { column: 0, down: false };

const timeCell = (seconds) => (seconds === undefined ? "" : duration(seconds));

function result(job) {
  return job.artifact ?? job.failure?.reason ?? job.note ?? "";
}

function listedName(job) {
  return jobButton(job, {}, ...named(job));
}

function listedState(job) {
  return element("span", { class: stateOf(job).tone }, sign(job), ` ${stateOf(job).text}`);
}

function sorted(jobs) {
  const { key } = COLUMNS[sorting.column];
  const turn = sorting.down ? -1 : 1;
  const keyed = jobs.map((job) => [key(job), job]);
  keyed.sort(([one], [other]) => turn * (one < other ? -1 : Number(one > other)));
  return keyed.map(([, job]) => job);
}

function listOf(jobs) {
  const body = element("tbody");
  const table = element("table", { class: "list", "aria-labelledby": "board-title" },
    element("thead", {}, element("tr", {}, ...COLUMNS.map(listHead))), body);
  const rows = sorted(jobs).map((job) => () => body.append(listRow(job)));
  return { table, rows, step: ROWS_AT_ONCE, what: "jobs" };
}

function listHead(column, index) {
  const now = sorting.column === index;
  const order = now && (sorting.down ? "descending" : "ascending");
  const arrow = now ? (sorting.down ? " ▼" : " ▲") : "";
  const button = element("button", { type: "button", "data-column": index, onclick: () => sortBy(index) },
    column.name, element("span", { "aria-hidden": "true" }, arrow));
  return element("th", { scope: "col", "aria-sort": order, class: column.wide && "wide" }, button);
}

function listRow(job) {
  const cells = COLUMNS.map(({ cell, wide, long }) =>
    element("td", { class: long ? "wide long" : wide && "wide" }, cell(job)));
  return element("tr", {}, ...cells);
}

function sortBy(index) {
  sorting.down = sorting.column === index && !sorting.down;
  sorting.column = index;
  show();
  document.querySelector(`[data-column="${index}"]`).focus();
}
