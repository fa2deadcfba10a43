// Whether what was pasted is the source of a web page, as `onrecord read` sees it (onrecord/article/webpage.py).

const BEFORE = /\s*(?:<\?xml[^>]*>|<!--[^]*?-->)/iy; // one by one: taken together, many comments would take for ever
const BEGINNING = /\s*<(?:!doctype\s+html|html|head|body)\b/iy;
const FRAGMENT = /\s*<(article|main|section|div|h1|p)\b[^>]*>/iy;

/** Whether it begins like an HTML page, or with an element of text that is closed later. */
export function isHtml(text) {
  let at = 0;
  const next = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (next(BEFORE)) at = BEFORE.lastIndex;
  if (next(BEGINNING)) return true;
  const fragment = next(FRAGMENT);
  return fragment !== null && new RegExp(`</${fragment[1]}\\s*>`, "i").test(text.slice(FRAGMENT.lastIndex));
}
