// What is shown: the jobs that the filters let through, as a board or as a list, some rows at a
// time. The filters stand in the page's address, so that a link keeps them.

const DATA = JSON.parse(byId("data").textContent);
const NONE = { search: "", target: "", place: "", view: "board" };
const chosen = { states: new Set(), ...NONE };
const PLACES_AT_ONCE = 5;
let waiting = [];
let pending = null;

function matches(job) {
  if (chosen.states.size && !chosen.states.has(job.state)) return false;
  if (chosen.target && targetOf(job) !== chosen.target) return false;
  if (chosen.place && job.place !== chosen.place) return false;
  const searched = `${job.model} ${targetOf(job)} ${job.job ?? ""} ${job.owner ?? ""}`.toLowerCase();
  return chosen.search.toLowerCase().split(/\s+/).every((word) => searched.includes(word));
}

function show() {
  const jobs = DATA.jobs.filter(matches);
  const made = chosen.view === "list" ? listOf(jobs) : boardOf(jobs);
  pending = made;
  waiting = made.rows;
  byId("jobs").replaceChildren(jobs.length ? made.table : "No job matches.");
  const all = DATA.jobs.length.toLocaleString("en");
  byId("shown").textContent = `${jobs.length.toLocaleString("en")} of ${all} jobs`;
  byId("keys").hidden = chosen.view === "list" || !jobs.length;
  showMore();
  const stop = byId("jobs").querySelector(".board td button");
  if (stop) stop.tabIndex = 0;
}

function showMore() {
  const last = pending.table.tBodies[0].lastElementChild;
  for (const append of waiting.splice(0, pending.step)) append();
  const more = byId("more");
  more.hidden = !waiting.length;
  const left = waiting.length.toLocaleString("en");
  more.textContent = `Show more; ${left} ${pending.what} are not shown yet`;
  return last?.nextElementSibling;
}

function showStates() {
  const counts = new Map();
  for (const job of DATA.jobs) counts.set(job.state, (counts.get(job.state) ?? 0) + 1);
  const names = [...ORDER.filter((name) => counts.has(name)),
                 ...[...counts.keys()].filter((name) => !ORDER.includes(name))];
  byId("states").replaceChildren(...names.map((name) => stateButton(name, counts.get(name))));
}

function stateButton(name, count) {
  const state = stateOf({ state: name });
  const press = () => {
    if (!chosen.states.delete(name)) chosen.states.add(name);
    changed();
  };
  return element("button",
    { type: "button", class: state.tone, "data-state": name, "aria-pressed": "false", onclick: press },
    element("span", { "aria-hidden": "true" }, `${state.sign} `),
    `${count.toLocaleString("en")} ${state.text}`);
}

function showOrigin() {
  const minutes = (Date.now() - Date.parse(DATA.observed)) / 60000;
  byId("as-of").dateTime = DATA.observed;
  byId("as-of").textContent = moment(DATA.observed);
  const ago = minutes >= 1 ? ` (${duration(minutes * 60)} ago)` : "";
  const { length } = DATA.places;
  const where = length > PLACES_AT_ONCE ? `${length} accounts and regions` : DATA.places.join("; ");
  byId("origin-text").textContent = `${ago}, ${visible(where)}`;
  byId("rehearsal").hidden = !DATA.rehearsal;
  byId("unread").hidden = !DATA.unread.length;
  byId("unread").append(...DATA.unread.map((why) => element("li", {}, text(why))));
}

function changed() {
  const kept = new URLSearchParams();
  if (chosen.states.size) kept.set("state", [...chosen.states].join(" "));
  for (const name of ["search", "target", "place"]) if (chosen[name]) kept.set(name, chosen[name]);
  if (chosen.view !== "board") kept.set("view", chosen.view);
  history.replaceState(null, "", `#${kept}`);
  showFilters();
  show();
}

function readAddress() {
  const kept = new URLSearchParams(location.hash.slice(1));
  chosen.states = new Set((kept.get("state") ?? "").split(" ").filter(Boolean));
  for (const name of ["search", "target", "place"]) chosen[name] = kept.get(name) ?? "";
  chosen.view = kept.get("view") === "list" ? "list" : "board";
}

function showFilters() {
  for (const name of Object.keys(NONE)) byId(name).value = chosen[name];
  for (const button of byId("states").children) {
    button.setAttribute("aria-pressed", String(chosen.states.has(button.dataset.state)));
  }
}

function listen() {
  byId("search").addEventListener("input", (event) => {
    chosen.search = event.target.value;
    changed();
  });
  for (const name of ["target", "place", "view"]) {
    byId(name).addEventListener("change", (event) => {
      chosen[name] = event.target.value;
      changed();
    });
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(chosen, { states: new Set(), ...NONE });
    changed();
  });
  byId("more").addEventListener("click", () => showMore()?.querySelector("button")?.focus());
  window.addEventListener("hashchange", () => {
    readAddress();
    showFilters();
    show();
  });
}

function offer(id, names) {
  const options = [...new Set(names)].sort().map((name) => element("option", { value: name }, visible(name)));
  byId(id).append(...options);
}

offer("target", DATA.jobs.map(targetOf));
offer("place", DATA.jobs.map((job) => job.place).filter(Boolean));
byId("place-part").hidden = byId("place").length === 1;
readAddress();
showOrigin();
showStates();
showFailures(DATA.jobs);
showFilters();
listen();
show();
