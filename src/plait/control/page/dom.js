// Elements made and kept up to date. Words are only ever text: names and errors come from anywhere.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; a child that is no node is text. */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** The element of an id. */
export const by = (id) => document.getElementById(id);

/** Change an element's text, if it is another one: whoever reads aloud is not told what is as it was. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Change an attribute, or take it away. */
export function mark(element, name, value) {
  if (value == null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? "" : value);
}

/** Have a parent's children be one for each item, in order; those that stay keep focus and whatever is open in them. */
export function keep(parent, items, key, create, update) {
  const known = parent.known ?? (parent.known = new Map());
  const wanted = new Set(items.map(key));
  for (const [name, element] of known) {
    if (!wanted.has(name)) {
      element.remove();
      known.delete(name);
    }
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let element = known.get(name);
    if (!element) known.set(name, (element = create(item)));
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
    update(element, item);
  }
}

/** A table that has columns: `{title, number, sparse, cell: () => element, show: (element, item) => …}`; a sparse one without a word is not shown. */
export class Table {
  constructor(host, label, columns, key) {
    this.columns = columns;
    this.key = key;
    this.body = make("tbody", { role: "rowgroup" });
    this.titles = columns.map((each) =>
      make("th", { role: "columnheader", scope: "col", class: each.number ? "number" : null }, each.hidden ? make("span", { class: "unseen" }, each.title) : each.title),
    );
    const head = make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...this.titles));
    this.none = make("p", { class: "none", hidden: true });
    host.append(make("table", { role: "table", "aria-labelledby": label }, head, this.body), this.none);
  }

  show(items, none) {
    keep(this.body, items, this.key, () => this.row(), (row, item) => {
      this.columns.forEach((column, place) => column.show(row.cells[place].firstElementChild, item, row));
    });
    this.columns.forEach((column, place) => column.sparse && this.hide(place));
    this.none.hidden = items.length > 0;
    say(this.none, none);
  }

  hide(place) {
    const cells = [...this.body.rows].map((row) => row.cells[place]);
    const empty = cells.every((cell) => !cell.textContent);
    for (const cell of [this.titles[place], ...cells]) cell.hidden = empty;
  }

  row() {
    const cells = this.columns.map((each, place) => {
      const role = place ? "cell" : "rowheader";
      const attributes = { role, scope: place ? null : "row", class: each.number ? "number" : null, "data-title": each.hidden ? null : each.title };
      return make(place ? "td" : "th", attributes, each.cell ? each.cell() : make("span"));
    });
    return make("tr", { role: "row" }, ...cells);
  }
}
