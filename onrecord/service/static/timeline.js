// What is planned, doubted, moved or called off in an article, and its files, which the service makes.

import { days, instant, when } from "./days.js";
import { element } from "./element.js";

const FORMS = [
  ["ics", "Download .ics", "a calendar"],
  ["superdesk", "Superdesk", "event JSON for Superdesk Planning"],
  ["jsonld", "JSON-LD", "events in the terms of schema.org"],
];

/**
 * The events in the order of their instants. `go(i)` is called when the sentence of one is pressed,
 * `download(form, button)` for a file.
 */
export function timeline({ events, statements }, go, download) {
  const items = [...events]
    .sort((a, b) => instant(a.when.first) - instant(b.when.first))
    .map((event) => {
      const [day, clock, approximate] = when(event.when);
      return element(
        "li",
        { className: event.status },
        element(
          "p",
          { className: "moment" },
          approximate && element("span", { className: "about" }, "about "),
          element("time", { dateTime: event.when.first }, day),
          clock && element("span", { className: "clock" }, ` · ${clock}`),
          status(event),
        ),
        element(
          "button",
          { type: "button", className: "excerpt", onclick: () => go(event.statement) },
          element("bdi", {}, statements[event.statement].text),
        ),
      );
    });
  const buttons = FORMS.map(([form, name, title], i) =>
    element(
      "button",
      {
        type: "button",
        id: i ? `download-${form}` : "download",
        className: i ? "quiet" : "",
        title,
        onclick: (press) => download(form, press.currentTarget),
      },
      name,
    ),
  );
  return [element("ol", { className: "timeline" }, ...items), element("p", { className: "forms" }, ...buttons)];
}

const status = (event) =>
  event.status !== "confirmed" && element("span", { className: "status" }, ` ${inWords(event)}`);

/** The status of an event in words; "" for one that is confirmed. */
export function inWords({ status, previous, postponed }) {
  if (status === "tentative") return "not certain";
  if (status === "cancelled") return postponed ? "postponed" : "called off";
  if (status === "moved") return previous ? `moved from ${days(previous)}` : "moved";
  return "";
}

/**
 * The sentences that go into a diary, but name no certain day ahead: for a person to enter. `positions` are theirs,
 * `counted` how many there are, in words.
 */
export function withoutDay(positions, statements, counted, go) {
  const items = positions.map((i) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", className: "excerpt", onclick: () => go(i) },
        element("bdi", {}, statements[i].text),
      ),
    ),
  );
  return [
    element("h3", {}, "No certain day ahead"),
    element("p", { className: "hint" }, `${counted}: in no calendar until you enter a day.`),
    element("ul", { className: "undated" }, ...items),
  ];
}

/** Let the browser save these bytes under this name. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
