// What lies ahead in an article, day by day, and its calendar, which the service makes.

import { when } from "./days.js";
import { element } from "./element.js";

/** The events in the order of their days. `go(text)` is called when the sentence of one is pressed, `download` for the calendar. */
export function timeline(events, go, download) {
  const items = [...events]
    .sort((a, b) => (a.when.first < b.when.first ? -1 : 1))
    .map(({ text, when: date }) => {
      const [days, clock, approximate] = when(date);
      return element(
        "li",
        {},
        element("p", { className: "moment" }, approximate && element("span", { className: "about" }, "about "), element("time", { dateTime: date.first }, days), clock && element("span", { className: "clock" }, ` · ${clock}`)),
        element("button", { type: "button", className: "excerpt", onclick: () => go(text) }, text),
      );
    });
  return [element("ol", { className: "timeline" }, ...items), element("button", { type: "button", id: "download", onclick: download }, "Download .ics")];
}

/** The sentences that go into a diary, but name no day that is certain: for a person to enter. `counted` is how many there are, in words. */
export function withoutDay(statements, counted, go) {
  const items = statements.map(({ text }) => element("li", {}, element("button", { type: "button", className: "excerpt", onclick: () => go(text) }, text)));
  return [element("h3", {}, "No day that is certain"), element("p", { className: "hint" }, `${counted}: in no calendar until you enter a day.`), element("ul", { className: "undated" }, ...items)];
}

/** Let the browser save these bytes under this name. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
