// Elements without markup in strings: the page's policy forbids innerHTML.

const SVG = "http://www.w3.org/2000/svg";

function give(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name in node && !name.startsWith("aria") && !(node instanceof SVGElement)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
}

/** el("button", {class: "big", onclick}, "Start") -> the element; children that are null are left out. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  give(node, properties);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function svg(tag, properties = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  give(node, properties);
  node.append(...children);
  return node;
}

export const $ = (id) => document.getElementById(id);

// Icons in a box of 24.
const ICONS = {
  start: "M8 5.2v13.6a.6.6 0 0 0 .92.5l10.5-6.8a.6.6 0 0 0 0-1L8.92 4.7A.6.6 0 0 0 8 5.2z",
  stop: "M7.2 6h9.6A1.2 1.2 0 0 1 18 7.2v9.6a1.2 1.2 0 0 1-1.2 1.2H7.2A1.2 1.2 0 0 1 6 16.8V7.2A1.2 1.2 0 0 1 7.2 6z",
  next: "M5 5.6v12.8a.5.5 0 0 0 .78.42L15 12.7V18a1 1 0 0 0 1 1h1.5a1 1 0 0 0 1-1V6a1 1 0 0 0-1-1H16a1 1 0 0 0-1 1v5.3L5.78 5.18A.5.5 0 0 0 5 5.6z",
  again: "M12 5V2.2a.4.4 0 0 0-.67-.3L6.6 6.2l4.73 4.3a.4.4 0 0 0 .67-.3V7.2a5.4 5.4 0 1 1-5.4 5.4H4.4A7.6 7.6 0 1 0 12 5z",
  sound: "M4 9.5v5a.6.6 0 0 0 .6.6H8l4.4 3.6a.5.5 0 0 0 .8-.4V5.7a.5.5 0 0 0-.8-.4L8 8.9H4.6a.6.6 0 0 0-.6.6zm11.6-1.9v1.9a3.3 3.3 0 0 1 0 5v1.9a5 5 0 0 0 0-8.8zm0-3.6v1.9a6.7 6.7 0 0 1 0 12.2V20a8.5 8.5 0 0 0 0-16z",
  silent: "M4 9.5v5a.6.6 0 0 0 .6.6H8l4.4 3.6a.5.5 0 0 0 .8-.4V5.7a.5.5 0 0 0-.8-.4L8 8.9H4.6a.6.6 0 0 0-.6.6zm16.9-.1-1.3-1.3-2 2-2-2-1.3 1.3 2 2-2 2 1.3 1.3 2-2 2 2 1.3-1.3-2-2z",
  panic: "M12 2.5 21.8 20H2.2L12 2.5zm-1.1 6.2.3 5.6h1.6l.3-5.6h-2.2zm1.1 6.7a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4z",
  score: "M4 5h16v1.6H4zm0 4.2h16v1.6H4zm0 4.2h10V15H4zm0 4.2h10v1.6H4zM17.8 12.6l2.4-.6v5.8a1.9 1.9 0 1 1-1.2-1.7z",
  play: "M4 6.2h7.2a2.8 2.8 0 0 1 5.5 0H20v1.6h-3.3a2.8 2.8 0 0 1-5.5 0H4zm0 10h2.3a2.8 2.8 0 0 1 5.5 0H20v1.6h-8.2a2.8 2.8 0 0 1-5.5 0H4z",
  band: "M5 4h2v7.2a2.6 2.6 0 0 1 0 4.9V20H5v-3.9a2.6 2.6 0 0 1 0-4.9zm6 0h2v2.2a2.6 2.6 0 0 1 0 4.9V20h-2v-8.9a2.6 2.6 0 0 1 0-4.9zm6 0h2v9.2a2.6 2.6 0 0 1 0 4.9V20h-2v-1.9a2.6 2.6 0 0 1 0-4.9z",
  charts: "M6 3h9l4 4v14H6zm8 1.6V8h3.4zM8.4 11h8v1.5h-8zm0 3.2h8v1.5h-8zm0 3.2h5V19h-5z",
  keep: "M11.2 4h1.6v8.6l3-3 1.1 1.1-4.9 4.9-4.9-4.9 1.1-1.1 3 3zM5 17.4h14V19H5z",
  close: "m6.4 5.3 5.6 5.6 5.6-5.6 1.1 1.1-5.6 5.6 5.6 5.6-1.1 1.1-5.6-5.6-5.6 5.6-1.1-1.1 5.6-5.6-5.6-5.6z",
  up: "m12 7.5 6 6-1.2 1.2-4.8-4.8-4.8 4.8L6 13.5z",
  down: "m12 16.5-6-6 1.2-1.2 4.8 4.8 4.8-4.8 1.2 1.2z",
  add: "M11.2 5h1.6v6.2H19v1.6h-6.2V19h-1.6v-6.2H5v-1.6h6.2z",
};

export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/** Change the picture of a button that has one. */
export function setIcon(button, name) {
  button.querySelector("path").setAttribute("d", ICONS[name]);
}
