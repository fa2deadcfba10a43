// Days and clock times as the service writes them (ISO 8601), in words. They are shown as written, with their zone:
// none of the reader's comes into it.

const DAY = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const SPAN = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});
const EXACT = ["instant", "day", "range"]; // the other kinds say when something is without naming its day

const parts = (iso) => {
  const [, day, clock, offset] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)[\d:.]*(Z|[+-][\d:.]+)?)?/.exec(iso);
  return { day: new Date(`${day}T00:00:00Z`), clock: clock ?? null, zone: zone(offset) };
};

/** An offset as people write it: UTC, UTC+1, UTC−3:30; "no zone" where none is known. */
function zone(offset) {
  if (!offset) return "no zone";
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)/.exec(offset.replace("Z", "+00:00"));
  const short = `${Number(hours)}${minutes === "00" ? "" : `:${minutes}`}`;
  return short === "0" ? "UTC" : `UTC${sign === "-" ? "−" : "+"}${short}`;
}

/** A moment as a number to sort by: a day by its beginning, and a clock time without a zone, as if in UTC. */
export const instant = (iso) =>
  Date.parse(iso.includes("T") && !/(?:Z|[+-]\d\d:\d\d(?::\d\d)?)$/.test(iso) ? `${iso}Z` : iso);

/** A day in full: Thursday, 5 November 2026. */
export const longDay = (iso) => LONG.format(parts(iso).day);

/** The day or days of a resolved time expression. */
export const days = (date) => when(date)[0];

/** A resolved time expression: [day or days, clock time with its zone or "", whether it is only approximate]. */
export function when(date) {
  const first = parts(date.first);
  const last = parts(date.last);
  const one = first.day.getTime() === last.day.getTime();
  const days = one ? DAY.format(first.day) : SPAN.formatRange(first.day, last.day);
  const clock =
    first.clock === null
      ? ""
      : `${one && last.clock !== first.clock ? `${first.clock}–${last.clock}` : first.clock} ${first.zone}`;
  return [days, clock, !EXACT.includes(date.kind)];
}
