// The page: what the user does, and what is shown for it.

import { asTable, asText, inDetail } from "./article.js";
import { longDay } from "./days.js";
import { byId, element } from "./element.js";
import { asCsv, asJson, asSheet } from "./formats.js";
import { look, mark } from "./labels.js";
import { modelView } from "./model.js";
import { length } from "./offsets.js";
import { ask, explained, hasToken, sentence, useToken } from "./service.js";
import { save, timeline, withoutDay } from "./timeline.js";
import { isHtml } from "./webpage.js";

const FIELDS = ["text", "published", "zone"];
const NUMBER = new Intl.NumberFormat("en-GB");
const LANGUAGES = new Intl.DisplayNames("en", { type: "language" });
const UNSURE = Symbol("unsure"); // the filter for sentences on which the model abstained

let model = null; // GET /v1/model
let read = null; // the article shown: POST /v1/read
let asked = null; // what was sent for it
let chosen = null; // the sentence in detail
let filter = new Set(); // labels shown, and UNSURE; empty: all
let running = null; // AbortController of the request under way

const announce = (text) => {
  byId("announcement").textContent = text;
};

const many = (count, word) => `${NUMBER.format(count)} ${word}${count === 1 ? "" : "s"}`;

// --- the model, and the token it may take to ask for it --------------------------------------------------------------
/** Ask for the model. Whether it was told. */
async function loadModel() {
  try {
    model = await ask("/v1/model");
    byId("access").hidden = true;
    byId("known").replaceChildren(
      ...model.labels.map((label, i) => element("span", { className: `chip ${look(i)}` }, mark(), ` ${label}`)),
      element("a", { href: "#model" }, "What do they mean?"),
    );
    return true;
  } catch (error) {
    if (error.status === 401) askForToken();
    else problem(error);
    return false;
  } finally {
    size();
  }
}

function askForToken() {
  byId("access").hidden = false;
  byId("access-fault").textContent = hasToken() ? "The service did not accept this token." : "";
  byId("token").setAttribute("aria-invalid", String(hasToken()));
  byId("token").focus();
}

byId("access").addEventListener("submit", async (event) => {
  event.preventDefault();
  useToken(byId("token").value);
  if (!(await loadModel())) return;
  byId("token").value = "";
  byId("problem").replaceChildren();
  announce("The token was accepted.");
  if (location.hash === "#model") await showModel();
  else byId("text").focus();
});

// --- entering an article ---------------------------------------------------------------------------------------------
function size() {
  const text = byId("text").value;
  const count = length(text);
  const most = model?.limits.characters;
  if (isHtml(text)) byId("size").textContent = "This is HTML: the main text of the page is read.";
  else
    byId("size").textContent = count
      ? `${NUMBER.format(count)}${most ? ` of ${NUMBER.format(most)}` : ""} characters.`
      : "";
}

function clearFaults() {
  byId("problem").replaceChildren();
  for (const name of FIELDS) {
    byId(name).removeAttribute("aria-invalid");
    byId(`${name}-fault`).textContent = "";
  }
}

/** Say at a field what is wrong with it. */
function fault(name, text) {
  byId(name).setAttribute("aria-invalid", "true");
  byId(`${name}-fault`).textContent = text;
}

/** Show why a request failed: at the fields that the service points at, and above the buttons. */
function problem(error) {
  const [title, text] = explained(error);
  const rest = [];
  for (const { pointer, detail } of error.faults) {
    const name = pointer.split("/")[1].replace("html", "text");
    if (FIELDS.includes(name)) fault(name, sentence(detail));
    else rest.push(sentence(detail));
  }
  const wrong = FIELDS.filter((name) => byId(name).getAttribute("aria-invalid") === "true");
  const links = wrong.map((name) =>
    element(
      "li",
      {},
      element("button", { type: "button", className: "link", onclick: () => byId(name).focus() }, fieldName(name)),
      `: ${byId(`${name}-fault`).textContent}`,
    ),
  );
  byId("problem").replaceChildren(
    ...[
      element("strong", {}, title),
      text ? element("p", {}, text) : null,
      links.length + rest.length
        ? element("ul", {}, ...links, ...rest.map((detail) => element("li", {}, detail)))
        : null,
    ].filter(Boolean),
  );
  if (error.status === 401) askForToken();
  else if (wrong.length) byId(wrong[0]).focus();
}

const fieldName = (name) => document.querySelector(`label[for=${name}]`).firstChild.textContent.trim();

function busy(now) {
  byId("submit").disabled = byId("example").disabled = byId("open").disabled = now;
  byId("submit").textContent = now ? "Reading…" : "Read it";
  byId("cancel").hidden = byId("busy").hidden = !now;
  byId("article-form").setAttribute("aria-busy", String(now));
}

async function readArticle() {
  if (running) return;
  clearFaults();
  const text = byId("text").value;
  if (!text.trim()) {
    fault("text", "Paste an article first, or load the example.");
    byId("text").focus();
    announce("There is no text to read yet.");
    return;
  }
  if (byId("published").validity.badInput) {
    fault("published", "This is no date yet: give day, month and year, or leave it empty.");
    byId("published").focus();
    return;
  }
  const html = isHtml(text);
  asked = {
    [html ? "html" : "text"]: text,
    published: byId("published").value || null,
    zone: byId("zone").value.trim() || null,
  };
  running = new AbortController();
  busy(true);
  announce(`Reading ${many(length(text), "character")}.`);
  try {
    const { signal } = running;
    model = await ask("/v1/model", { signal }); // another one, if the service was started anew
    if (!html && length(text) > model.limits.characters) {
      fault(
        "text",
        `The article has ${NUMBER.format(length(text))} characters; ` +
          `${NUMBER.format(model.limits.characters)} are read at once. Read it in parts.`,
      );
      byId("text").focus();
      return;
    }
    read = await ask("/v1/read", { body: asked, signal });
    showResult();
  } catch (error) {
    if (error.name === "AbortError") announce("Cancelled.");
    else problem(error);
  } finally {
    running = null;
    busy(false);
    if (document.activeElement === document.body) byId("submit").focus(); // what had the focus was hidden or disabled
  }
}

byId("article-form").addEventListener("submit", (event) => {
  event.preventDefault();
  readArticle();
});
byId("article-form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    readArticle();
  }
});
byId("text").addEventListener("input", size);

/** Put a file of text or HTML into the form. */
async function open(file) {
  clearFaults();
  enter();
  const most = model?.limits.body_bytes ?? Infinity;
  if (file.size > most) {
    fault(
      "text",
      `${file.name} has ${NUMBER.format(file.size)} bytes; ${NUMBER.format(most)} are read at once. Paste it in parts.`,
    );
    return;
  }
  try {
    byId("text").value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    fault("text", `${file.name} is no text in UTF-8. Open it in its own program, and paste its text here.`);
    return;
  }
  size();
  announce(`${file.name} is loaded.`);
}

const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
byId("open").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", () => {
  if (byId("file").files.length) open(byId("file").files[0]);
  byId("file").value = ""; // so that the same file can be opened again
});
addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault(); // or the browser would leave the page for the file
  if (!running && !byId("read-view").hidden) open(event.dataTransfer.files[0]);
});
byId("cancel").addEventListener("click", () => running?.abort());
byId("example").addEventListener("click", async () => {
  clearFaults();
  try {
    const example = await ask("/static/example.json");
    for (const name of FIELDS) byId(name).value = example[name];
    size();
    announce("The example is loaded.");
    byId("submit").focus();
  } catch (error) {
    problem(error);
  }
});

// --- the article read ------------------------------------------------------------------------------------------------
const labelsOf = (statement) =>
  statement.prediction.abstained ? [statement.prediction.label, UNSURE] : [statement.prediction.label];
const shown = (statement) => !filter.size || labelsOf(statement).some((label) => filter.has(label));

function showResult() {
  filter = new Set();
  closeDetail(false);
  const { statements } = read;
  byId("result-title").textContent = many(statements.length, "sentence");
  byId("result-facts").textContent = read.published
    ? `Published ${longDay(read.published)}${asked.zone ? ` · ${asked.zone}` : ""}`
    : "No day of publication given";
  const warning = read.language
    ? `This text is not English: it seems to be ${LANGUAGES.of(read.language)}. Labels, speakers and dates mean ` +
      "nothing."
    : "";
  byId("foreign").textContent = warning;
  byId("foreign").hidden = !warning;
  byId("article").replaceChildren(...asText(read, model.labels));
  byId("table").replaceChildren(asTable(read, model.labels));
  legend();
  showAs("article");
  byId("article-form").hidden = true;
  byId("result").hidden = false;
  byId("result-title").focus();
  const counts = model.labels
    .map((label) => [label, statements.filter((s) => s.prediction.label === label).length])
    .filter(([, count]) => count);
  const counted = counts.map(([label, count]) => `${count} ${label}`).join(", ");
  announce(`${warning} ${many(statements.length, "sentence")}: ${counted}.`);
  showDiary();
}

function legend() {
  const entry = (label, name, count, className, ...marks) =>
    element(
      "button",
      {
        type: "button",
        className: `key ${className}`,
        "aria-pressed": String(filter.has(label)),
        disabled: !count,
        onclick: () => toggle(label),
      },
      ...marks,
      ` ${name} `,
      element("span", { className: "count" }, String(count)),
    );
  const keys = model.labels.map((label, i) =>
    entry(label, label, read.statements.filter((s) => s.prediction.label === label).length, look(i), mark()),
  );
  const unsure = read.statements.filter((s) => s.prediction.abstained).length;
  if (unsure) keys.push(entry(UNSURE, "unsure", unsure, "key-unsure"));
  keys.push(
    element(
      "button",
      { type: "button", className: "quiet", id: "all", hidden: !filter.size, onclick: () => toggle(null) },
      "Show all",
    ),
  );
  byId("legend").replaceChildren(...keys);
}

/** Show only this label too, or no longer; null: show all. */
function toggle(label) {
  const position = [...byId("legend").children].indexOf(document.activeElement);
  if (label === null) filter.clear();
  else if (!filter.delete(label)) filter.add(label);
  legend();
  (byId("legend").children[label === null ? 0 : position] ?? byId("all")).focus();
  show();
  const first = filter.size ? read.statements.findIndex(shown) : -1;
  if (first >= 0)
    reveal(byId("article").hidden ? byId("table").querySelector("tbody").rows[first] : byId(`sentence-${first}`));
  const count = read.statements.filter(shown).length;
  const names = [...filter].map((name) => (name === UNSURE ? "unsure" : name));
  announce(
    filter.size
      ? `${count} of ${many(read.statements.length, "sentence")} shown: ${names.join(", ")}.`
      : `All ${many(read.statements.length, "sentence")} shown.`,
  );
}

function show() {
  read.statements.forEach((statement, i) => {
    byId(`sentence-${i}`).classList.toggle("muted", !shown(statement));
    byId("table").querySelector("tbody").rows[i].hidden = !shown(statement);
  });
  const tags = visibleTags();
  if (!tags.some((tag) => tag.tabIndex === 0)) rove(tags[0]);
}

/** Scroll as far as it takes to see this. */
const reveal = (shownNow) =>
  shownNow.scrollIntoView({
    block: "nearest",
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth",
  });

const visibleTags = () => [...byId("article").querySelectorAll(".sentence:not(.muted) .tag")];

/** Which sentence this element belongs to. */
const positionOf = (inside) => Number(inside.closest(".sentence").id.split("-")[1]);

/** Make this label the one that Tab comes to. */
function rove(tag) {
  for (const other of byId("article").querySelectorAll(".tag")) other.tabIndex = other === tag ? 0 : -1;
}

byId("article").addEventListener("keydown", (event) => {
  const tags = visibleTags();
  const at = tags.indexOf(event.target);
  const next = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: tags.length - 1,
  }[event.key];
  if (at < 0 || next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const tag = tags[Math.min(tags.length - 1, Math.max(0, next))];
  rove(tag);
  tag.focus();
  if (chosen !== null) choose(tags.indexOf(tag) === at ? chosen : positionOf(tag));
});
byId("article").addEventListener("click", (event) => {
  const pressed = event.target.closest(".sentence:not(.muted)");
  if (!pressed || !getSelection().isCollapsed) return; // words are being selected, not a sentence
  if (positionOf(pressed) === chosen) closeDetail();
  else choose(positionOf(pressed));
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) closeDetail();
});

function choose(i) {
  closeDetail(false);
  chosen = i;
  const tag = byId(`sentence-${i}`).querySelector(".tag");
  tag.setAttribute("aria-pressed", "true");
  rove(tag);
  byId("detail").replaceChildren(...inDetail(read, i, model.labels, closeDetail));
  byId("detail").hidden = false;
  tag.scrollIntoView({ block: "nearest" }); // on a narrow screen the detail lies over the lower half
  const { label, confidence } = read.statements[i].prediction;
  announce(`${label}, ${Math.round(confidence * 100)} percent; details are shown under This sentence.`);
}

/** Close the detail; by default the focus goes back to the sentence it was of. */
function closeDetail(focus = true) {
  byId("detail").hidden = true;
  const tag = byId(`sentence-${chosen}`)?.querySelector(".tag");
  chosen = null;
  tag?.setAttribute("aria-pressed", "false");
  if (focus) tag?.focus();
}

function showAs(form) {
  byId("article").hidden = byId("article-hint").hidden = form !== "article";
  byId("table").hidden = form !== "table";
  for (const name of ["article", "table"]) byId(`as-${name}`).setAttribute("aria-pressed", String(name === form));
}

byId("as-article").addEventListener("click", () => showAs("article"));
byId("as-table").addEventListener("click", () => showAs("table"));

function enter() {
  byId("result").hidden = true;
  byId("article-form").hidden = false;
  byId("text").focus();
}

byId("edit").addEventListener("click", enter);
byId("fresh").addEventListener("click", () => {
  for (const name of FIELDS) byId(name).value = "";
  size();
  enter();
});

async function copy(text, name) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied as ${name}.`);
    const button = byId(`copy-${name.toLowerCase()}`);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = `Copy ${name}`), 2000);
  } catch {
    byId("by-hand-text").value = text; // without HTTPS there is no clipboard, or the user forbade it
    byId("by-hand").showModal();
    byId("by-hand-text").select();
  }
}

byId("copy-json").addEventListener("click", () => copy(asJson(read.statements), "JSON"));
byId("copy-csv").addEventListener("click", () => copy(asCsv(read.statements.filter(shown)), "CSV"));

function saveAs(text, type, ending) {
  const name = ["statements", read.published?.slice(0, 10)].filter(Boolean).join("-");
  save(new Blob([text], { type }), `${name}.${ending}`);
  announce("The file is downloaded.");
}

byId("save-json").addEventListener("click", () => saveAs(asJson(read.statements), "application/json", "json"));
byId("save-csv").addEventListener("click", () => saveAs(asSheet(read.statements.filter(shown)), "text/csv", "csv"));

// --- the diary -------------------------------------------------------------------------------------------------------
function showDiary() {
  const { statements, events, published } = read;
  const entered = new Set(events.flatMap((event) => event.mentions));
  const undated = statements.flatMap((s, i) =>
    s.prediction.label === model.dated && !entered.has(i) ? [i] : [],
  );
  const below =
    published && undated.length
      ? withoutDay(undated, statements, many(undated.length, `${model.dated} sentence`), goTo)
      : [];
  const fill = (...parts) => byId("timeline").replaceChildren(...parts, ...below);
  const note = (words) => fill(element("p", { className: "hint" }, words));
  if (!published) note("Give the day of publication, and what is scheduled stands here with its dates.");
  else if (events.length) fill(...timeline(read, goTo, download));
  else note("No sentence plans anything on a day ahead that it names.");
}

async function download(form, button) {
  byId("download-fault")?.remove();
  const ending = { ics: "ics", superdesk: "json", jsonld: "jsonld" }[form];
  try {
    const name = `diary-${read.published.slice(0, 10)}.${ending}`;
    save(await ask("/v1/calendar", { body: { ...asked, form }, as: "blob" }), name);
    announce("The file is downloaded.");
  } catch (error) {
    if (error.status === 401) askForToken();
    button.after(
      element("p", { id: "download-fault", className: "fault", role: "alert" }, explained(error).join(". ")),
    );
  }
}

function goTo(i) {
  if (!shown(read.statements[i])) toggle(null);
  showAs("article");
  choose(i);
  byId(`sentence-${i}`).querySelector(".tag").focus();
  byId(`sentence-${i}`).scrollIntoView({ block: "center" });
}

// --- the two views ---------------------------------------------------------------------------------------------------
async function showModel() {
  const view = byId("model");
  view.replaceChildren(element("p", { className: "hint" }, "Asking the service…"));
  try {
    view.replaceChildren(...modelView(await ask("/v1/model"), await ask("/v1/card")));
  } catch (error) {
    const [title, text] = explained(error);
    view.replaceChildren(
      element("div", { className: "problem", role: "alert" }, element("strong", {}, title), element("p", {}, text)),
    );
    if (error.status === 401) askForToken();
  }
}

async function route(first = false) {
  if (location.hash === "#main") return null; // the skip link, in either view: the browser moves the focus
  const second = location.hash === "#model";
  byId("read-view").hidden = second;
  byId("model-view").hidden = !second;
  for (const [id, current] of [
    ["to-read", !second],
    ["to-model", second],
  ]) {
    if (current) byId(id).setAttribute("aria-current", "page");
    else byId(id).removeAttribute("aria-current");
  }
  document.title = second ? "The model · onrecord" : "onrecord: what does a news sentence put on record?";
  if (second) await showModel();
  if (!first) byId(second ? "model-title" : read && !byId("result").hidden ? "result-title" : "text").focus();
  return null;
}

addEventListener("hashchange", () => route());
for (const zone of Intl.supportedValuesOf("timeZone")) byId("zones").append(element("option", { value: zone }));
loadModel().then(() => route(true));
