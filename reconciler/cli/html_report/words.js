// How values are written. Everything becomes text; nothing here knows the page.

const STATES = {
  conflict: { sign: "!", text: "in conflict", tone: "failed" },
  refused: { sign: "✕", text: "refused", tone: "failed" },
  failed: { sign: "✕", text: "failed", tone: "failed" },
  "artifact-missing": { sign: "✕", text: "artifact missing", tone: "failed" },
  stopped: { sign: "■", text: "stopped", tone: "failed" },
  unknown: { sign: "?", text: "unknown", tone: "waiting" },
  "not-created": { sign: "○", text: "not created", tone: "waiting" },
  stopping: { sign: "■", text: "stopping", tone: "waiting" },
  starting: { sign: "▷", text: "starting", tone: "running" },
  "in-progress": { sign: "▶", text: "in progress", tone: "running" },
  completed: { sign: "✓", text: "completed", tone: "done" },
};
const stateOf = (job) => (Object.hasOwn(STATES, job.state) ? STATES[job.state] : STATES.unknown);

// Characters that are not seen, or that turn the direction of what follows, are written out.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function visible(value) {
  return String(value ?? "").replace(
    HIDDEN,
    (letter) => "\\u{" + letter.codePointAt(0).toString(16) + "}",
  );
}

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}

const moment = (text) => text.replace("T", " ").replace(/(\.\d+)?(Z|\+00:00)$/, " UTC");

// What a cell of the board has room for: how long a job took or has taken, or else its state.
function brief(job) {
  const seconds = job.state === "completed" ? job.duration_seconds : job.age_seconds;
  const timed = stateOf(job).tone === "done" || stateOf(job).tone === "running";
  return timed && seconds !== undefined ? duration(seconds) : stateOf(job).text;
}

function sentence(job) {
  const state = stateOf(job).text, told = brief(job);
  return `${visible(nameOf(job))}: ${state}${told === state ? "" : `, ${told}`}`;
}

const nameOf = (job) =>
  `${job.model}${job.target ? ` on ${job.target}` : ""}${job.place ? ` in ${job.place}` : ""}`;

const targetOf = (job) => job.target ?? "(no target)";
