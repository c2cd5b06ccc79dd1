// Elements of the page. Text is set as text: markup in names and reasons stays what it is.

const byId = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Foreign text: isolated, so that its writing direction stays its own.
const text = (value) => element("span", { class: "isolate", dir: "auto" }, visible(value));

// A job's name; each part is isolated, so that neither changes how the other is read.
function named(job) {
  const target = job.target ? [" on ", text(job.target)] : [];
  const place = job.place ? [" in ", text(job.place)] : [];
  return [text(job.model), ...target, ...place];
}

const sign = (job) => element("span", { "aria-hidden": "true" }, stateOf(job).sign);

const jobButton = (job, properties, ...children) =>
  element("button", { type: "button", onclick: () => openJob(job), ...properties }, ...children);

function drawing(name, properties, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
