// Elements made of names, properties and children. Text becomes text nodes, never markup.

// Control characters but white space, and those that turn the direction of a line.
const HIDDEN = /[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A text with its hidden characters as escapes such as \x1b and \u202e. */
function visible(text) {
  return text.replace(HIDDEN, (hidden) => {
    const code = hidden.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });
}

/**
 * An element. Properties whose names hold a dash are attributes; children are nodes or strings, and what is null or
 * false is left out.
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  const kept = children.filter((child) => child !== null && child !== false && child !== undefined);
  made.append(...kept.map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

/** What the page names by an id. */
export const byId = (id) => document.getElementById(id);
