// What is copied: the statements as the service gave them, and the rows that `onrecord read --csv` prints.

const COLUMNS = ["paragraph", "start", "end", "label", "confidence", "abstained", "label_set", "speaker", "speaker_name", "speaker_inherited", "dates", "text"];

/** The statements as JSON. */
export const asJson = (statements) => `${JSON.stringify(statements, null, 1)}\n`;

/** The statements as CSV (RFC 4180) with a header. */
export function asCsv(statements) {
  const rows = statements.map((s) => [
    s.paragraph, s.start, s.end, s.prediction.label, s.prediction.confidence.toFixed(4), s.prediction.abstained ? "True" : "False", s.prediction.label_set.join("/"), s.speaker ?? "", s.speaker_name ?? "", s.speaker_inherited ? "True" : "False", s.dates.map(iso).join(" "), s.text,
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

/** A date, or a span as FIRST/LAST. */
const iso = (date) => [...new Set([date.first, date.last])].join("/");

const quoted = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
