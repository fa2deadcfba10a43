// The Markdown that model cards are written in: headings, paragraphs, lists, tables, code. Anything else, HTML too, stays plain text.

import { element } from "./element.js";

const FENCE = /^```/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^[-*]\s+(.*)$/;
const ROW = /^\|.*\|\s*$/;
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** Elements for a text; `code(text)` makes those of inline code. Headings begin at level 2, under the page's own. */
export function rendered(markdown, code) {
  const lines = markdown.split(/\r?\n/);
  const made = [];
  let i = 0;
  const take = (fits) => {
    const taken = [];
    while (i < lines.length && fits(lines[i])) taken.push(lines[i++]);
    return taken;
  };
  while (i < lines.length) {
    const line = lines[i];
    if (!line.trim()) {
      i += 1;
    } else if (FENCE.test(line)) {
      i += 1;
      const content = take((next) => !FENCE.test(next)).join("\n");
      i += 1;
      made.push(element("pre", { tabIndex: 0, role: "region", "aria-label": "Code" }, element("code", {}, content)));
    } else if (HEADING.test(line)) {
      const [, marks, title] = HEADING.exec(line);
      made.push(element(`h${Math.min(6, Math.max(2, marks.length))}`, {}, ...inline(title, code)));
      i += 1;
    } else if (ROW.test(line)) {
      made.push(table(take((next) => ROW.test(next)), code));
    } else if (ITEM.test(line)) {
      const items = [];
      for (const next of take((text) => ITEM.test(text) || /^\s+\S/.test(text))) {
        if (ITEM.test(next)) items.push(ITEM.exec(next)[1]);
        else items[items.length - 1] += ` ${next.trim()}`;
      }
      made.push(element("ul", {}, ...items.map((item) => element("li", {}, ...inline(item, code)))));
    } else {
      i += 1; // at least this line, whatever it is
      const more = take((text) => text.trim() && ![FENCE, HEADING, ROW, ITEM].some((kind) => kind.test(text)));
      made.push(element("p", {}, ...inline([line, ...more].join(" "), code)));
    }
  }
  return made;
}

function inline(text, code) {
  const pieces = [];
  let done = 0;
  for (const found of text.matchAll(INLINE)) {
    const [all, coded, bold, shown, address] = found;
    pieces.push(text.slice(done, found.index));
    if (coded !== undefined) pieces.push(code(coded));
    else if (bold !== undefined) pieces.push(element("strong", {}, ...inline(bold, code)));
    else pieces.push(element("a", { href: address, rel: "noopener noreferrer" }, shown));
    done = found.index + all.length;
  }
  return [...pieces, text.slice(done)].filter((piece) => piece !== "");
}

function table(rows, code) {
  const cells = rows.map((row) => row.trim().slice(1, -1).split("|").map((cell) => cell.trim()));
  const [head, ...body] = cells.filter((row) => !row.every((cell) => /^:?-*:?$/.test(cell)) || row.every((cell) => !cell));
  const cell = (name, text) => element(text ? name : "td", text && name === "th" ? { scope: "col" } : {}, ...inline(text, code));
  return element(
    "div",
    { className: "scroller", tabIndex: 0, role: "region", "aria-label": "Table" },
    element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text) => cell("th", text)))), element("tbody", {}, ...body.map((row) => element("tr", {}, ...row.map((text) => cell("td", text)))))),
  );
}
