// What is copied and downloaded: the statements as the service sent them, and the rows of `onrecord read --csv`.

const COLUMNS = [
  "paragraph",
  "start",
  "end",
  "label",
  "confidence",
  "abstained",
  "label_set",
  "speaker",
  "speaker_name",
  "speaker_inherited",
  "dates",
  "text",
];

/** The statements as JSON. */
export const asJson = (statements) => `${JSON.stringify(statements, null, 1)}\n`;

/** The statements as CSV (RFC 4180) with a header; `cell` is done to each cell. */
export function asCsv(statements, cell = String) {
  const rows = statements.map((s) => [
    s.paragraph,
    s.start,
    s.end,
    s.prediction.label,
    s.prediction.confidence.toFixed(4),
    s.prediction.abstained ? "True" : "False",
    s.prediction.label_set.join("/"),
    s.speaker ?? "",
    s.speaker_name ?? "",
    s.speaker_inherited ? "True" : "False",
    s.dates.map(iso).join(" "),
    s.text,
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map((value) => quoted(cell(value))).join(",")}\n`).join("");
}

/** The statements as CSV for a spreadsheet: it sees by the mark in front that this is UTF-8, and runs no cell. */
export const asSheet = (statements) => `\ufeff${asCsv(statements, withoutFormula)}`;

const FORMULA = /^'*[=+\-@\t\r]/; // as in onrecord/tables/write.py
const NUMBER = /^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/;

/** A cell that a spreadsheet would run, behind an apostrophe, as `onrecord score --safe-csv` writes it. */
const withoutFormula = (value) => (FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : String(value));

/** A date, or a span as FIRST/LAST. */
const iso = (date) => [...new Set([date.first, date.last])].join("/");

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
