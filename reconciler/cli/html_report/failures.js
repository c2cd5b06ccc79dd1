// Failures, those of one cause together, the most frequent first.

const NAMED_AT_ONCE = 12;
const CAUSES_AT_ONCE = 20;

function showFailures(jobs) {
  const causes = new Map();
  for (const job of jobs.filter((each) => stateOf(each).tone === "failed")) {
    const cause = job.failure?.name || job.failure?.reason || stateOf(job).text;
    if (!causes.has(cause)) causes.set(cause, []);
    causes.get(cause).push(job);
  }
  const entries = [...causes].sort(([, one], [, other]) => other.length - one.length);
  const items = entries.slice(0, CAUSES_AT_ONCE).map(([cause, own]) => failureItem(cause, own));
  if (entries.length > CAUSES_AT_ONCE) {
    const rest = entries.length - CAUSES_AT_ONCE;
    items.push(element("li", {}, `and ${rest} further causes; press “failed” above to see the jobs`));
  }
  byId("failures").replaceChildren(...items);
  byId("failures-part").hidden = !items.length;
}

function failureItem(cause, jobs) {
  const { hint, reason } = jobs[0].failure ?? {};
  const count = jobs.length === 1 ? "1 job" : `${jobs.length} jobs`;
  const more = jobs.length - NAMED_AT_ONCE;
  const names = jobs.slice(0, NAMED_AT_ONCE).map((job) =>
    jobButton(job, {}, ...named(job)));
  return element("li", {},
    element("strong", {}, `${count}: `, text(cause)),
    hint ? element("p", {}, text(hint)) : "",
    reason && reason !== cause ? element("p", { class: "reason" }, text(reason)) : "",
    element("div", { class: "names" }, ...names, more > 0 ? `and ${more} more` : ""),
  );
}
