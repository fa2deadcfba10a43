// The service counts characters as Unicode code points; a JavaScript string counts UTF-16 units, of which an emoji has
// two or more.

/** A function (start, end) -> the part of `text` between these code points. */
export function slicer(text) {
  const units = [0]; // where the i-th code point begins
  for (const character of text) units.push(units.at(-1) + character.length);
  return (start, end) => text.slice(units[start], units[end]);
}

/** How many code points a text has. */
export function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
