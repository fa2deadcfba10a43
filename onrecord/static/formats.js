// What is copied: the statements as the service gave them, and the rows that `onrecord read --csv` prints.

const COLUMNS = ["paragraph", "start", "end", "label", "confidence", "abstained", "speaker", "text"];

/** The statements as JSON. */
export const asJson = (statements) => `${JSON.stringify(statements, null, 1)}\n`;

/** The statements as CSV (RFC 4180) with a header. */
export function asCsv(statements) {
  const rows = statements.map((s) => [
    s.paragraph, s.start, s.end, s.prediction.label, s.prediction.confidence.toFixed(4), s.prediction.abstained ? "True" : "False", s.speaker ?? "", s.text,
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

const quoted = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
