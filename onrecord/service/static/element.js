// Elements made of names, properties and children. Text becomes text nodes, never markup.

/** An element. Properties whose names hold a dash are attributes; children are nodes or strings, and what is null or false is left out. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

/** What the page names by an id. */
export const byId = (id) => document.getElementById(id);
