// One job: a dialog with all that is known of it, and how long its compilations took.

function fieldsOf(job) {
  const state = stateOf(job);
  const why = job.failure ?? {};
  const fields = [
    ["State", element("span", { class: state.tone }, `${state.sign} ${state.text}`)],
    ["Why", why.reason && element("span", { class: "reason isolate" }, visible(why.reason))],
    ["Cause", why.kind && text(why.name || why.kind)],
    ["What to do", why.hint && text(why.hint)],
    ["Note", job.note && text(job.note)],
    ["Job", job.job && text(job.job)],
    ["Declared as", job.logical_name && text(job.logical_name)],
    ["Owner", job.owner && text(job.owner)],
    ["Account and region", job.place && text(job.place)],
    ["Created", job.created && `${moment(job.created)}, ${duration(job.age_seconds)} before this report`],
    ["Compiled in", job.duration_seconds !== undefined && duration(job.duration_seconds)],
    ["Artifact", job.artifact && text(job.artifact)],
    ["Size", job.artifact_bytes !== undefined && size(job.artifact_bytes)],
    ["Digest", job.digest && text(job.digest)],
    ["Inference image", job.inference_image && text(job.inference_image)],
    ["Log", job.log_stream && text(`${job.log_group}/${job.log_stream}`)],
  ];
  return fields.filter(([, value]) => value);
}

function openJob(job) {
  byId("job-title").replaceChildren(...named(job));
  byId("job-fields").replaceChildren(
    ...fieldsOf(job).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
  byId("job-history").replaceChildren(...historyOf(job));
  byId("job").showModal();
}

function historyOf(job) {
  const runs = job.history ?? [];
  if (!runs.length) return [];
  const rows = runs.map((run) =>
    element("tr", {},
      element("td", {}, moment(run.created)),
      element("td", { class: stateOf(run).tone }, `${stateOf(run).sign} ${stateOf(run).text}`),
      element("td", {}, run.duration_seconds === undefined ? "" : duration(run.duration_seconds)),
    ),
  );
  const heads = ["Created", "State", "Compiled in"].map((name) => element("th", { scope: "col" }, name));
  return [
    element("h3", {}, "History"),
    ...chartOf(runs.filter((run) => run.state === "completed" && run.duration_seconds)),
    element("table", { class: "list" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...rows),
    ),
  ];
}

const BARS = 20;

// Bars of compile times, oldest first; the table says the same in words.
function chartOf(runs) {
  if (runs.length < 2) return [];
  const longest = Math.max(...runs.map((run) => run.duration_seconds), 1);
  const bars = [...runs].reverse().map((run, index) => {
    const height = Math.max(1, (run.duration_seconds / longest) * 60);
    return drawing("rect", { x: index * 10 + 1, y: 60 - height, width: 8, height });
  });
  const box = `0 0 ${Math.max(runs.length, BARS) * 10} 60`;
  const shape = { class: "chart running", viewBox: box, preserveAspectRatio: "none" };
  return [
    element("p", { class: "soft" }, `Compile times, oldest first; the longest took ${duration(longest)}.`),
    drawing("svg", { ...shape, "aria-hidden": "true" }, ...bars),
  ];
}
