// Days and clock times as the service writes them (ISO 8601), in words. They are shown as written: no zone of the reader's comes into it.

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const SPAN = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const EXACT = ["instant", "day", "range"]; // the other kinds say when something is without naming its day

const parts = (iso) => {
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?/.exec(iso);
  return { day: new Date(`${day}T00:00:00Z`), clock: clock ?? null };
};

/** A day in full: Thursday, 5 November 2026. */
export const longDay = (iso) => LONG.format(parts(iso).day);

/** A resolved time expression: [day or days, clock time or "" , whether it is only approximate]. */
export function when(date) {
  const first = parts(date.first);
  const last = parts(date.last);
  const one = first.day.getTime() === last.day.getTime();
  const days = one ? DAY.format(first.day) : SPAN.formatRange(first.day, last.day);
  const clock = first.clock === null ? "" : one && last.clock !== first.clock ? `${first.clock}–${last.clock}` : first.clock;
  return [days, clock, !EXACT.includes(date.kind)];
}
