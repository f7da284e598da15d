// Elements, made without ever reading text as markup.

export {button, drawn, element, find, icon, notice, root};

const root = document.documentElement;
const find = selector => document.querySelector(selector);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  setAll(made, attributes);
  made.append(...children);
  return made;
}

function setAll(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
}

function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAll(made, attributes);
  made.append(...children);
  return made;
}

function icon(name) {
  return drawn("svg", {"aria-hidden": "true"}, drawn("use", {href: "#i-" + name}));
}

function button(attributes, act, ...children) {
  const made = element("button", {type: "button", ...attributes}, ...children);
  made.addEventListener("click", act);
  return made;
}

// Show a line of notice, or take it away.
function notice(id, ...content) {
  const place = find("#" + id);
  place.hidden = !content.length;
  place.replaceChildren(...content);
}
