// Tables: a click on a heading sorts, a word filters, and buttons copy and save what is shown.
// A table of very many rows has only the first ones as markup. The others are a block of JSON.

const MORE = 100;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

// A cell is its text, what it is sorted by, and the address that a name leads to.
const readCell = (cell) => {
  const text = cell.textContent.trim();
  const numeric = cell.classList.contains("n");
  let key = numeric ? Number(text.replace(/[,%\s]/g, "")) : text;
  if (cell.dataset.sort) key = Number(cell.dataset.sort);
  if (numeric && Number.isNaN(key)) key = -Infinity; // a dash
  return { text, key };
};
const cellOf = (value, numeric) => {
  if (value === null) return { text: "–", key: numeric ? -Infinity : "" };
  if (typeof value === "number") return { text: figure(value), key: value };
  if (Array.isArray(value)) {
    const [title, note, href] = value;
    return { text: note ? `${title} ${note}` : title, key: title, title, note, href };
  }
  if (typeof value === "object") return value;
  return { text: value, key: value };
};
const makeRow = (cells, numeric) => {
  const row = element("tr");
  cells.forEach((cell, place) => {
    const one = element(place ? "td" : "th", undefined, numeric[place] ? "n" : "");
    if (!place) one.scope = "row";
    let inner = element("bdi", cell.title ?? cell.text);
    if (cell.href) {
      const link = element("a");
      link.href = cell.href;
      link.rel = "noopener noreferrer";
      link.append(inner);
      inner = link;
    }
    one.append(inner);
    if (cell.note) {
      const small = element("small");
      small.append(element("bdi", cell.note));
      one.append(" ", small);
    }
    row.append(one);
  });
  return row;
};

// A spreadsheet would run a cell that begins like a formula.
const harmless = (text) => (/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
// A spreadsheet reads what is pasted as CSV with tabs: it would take a first quote away, and run what is in it.
const pasted = (text) => {
  const one = harmless(text.replace(/[\t\r\n]+/g, " "));
  return one.startsWith('"') ? quoted(one) : one;
};

const copy = async (text) => {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = element("textarea", text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};

for (const frame of document.querySelectorAll(".table")) {
  const scroll = frame.querySelector(".scroll"), table = frame.querySelector("table"), body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells], caption = table.caption.textContent;
  const numeric = headings.map((one) => one.classList.contains("n"));
  const rows = [...body.rows].map((row) => ({ row, cells: [...row.cells].map(readCell) }));
  const further = frame.querySelector("script.further");
  for (const values of further ? JSON.parse(further.textContent) : [])
    rows.push({ cells: values.map((value, place) => cellOf(value, numeric[place])) });
  for (const one of rows) one.plain = plain(one.cells.map(({ text }) => text).join(" "));

  const tools = element("div", undefined, "tools"), told = element("span", "", "note");
  told.setAttribute("role", "status");
  // One or two more are not worth a click.
  const asked = Number(frame.dataset.first), first = rows.length <= asked + 5 ? rows.length : asked;
  const filter = element("input"), more = button("", () => { limit += MORE; show(); });
  let found = rows, limit = first, chosen = "";

  const show = () => {
    for (const one of found.slice(0, limit)) one.row ??= makeRow(one.cells, numeric);
    body.replaceChildren(...found.slice(0, limit).map(({ row }) => row));
    more.hidden = found.length <= limit;
    more.textContent = `Show ${figure(Math.min(found.length - limit, MORE))} more of ${figure(found.length)} rows`;
    told.textContent = found.length < rows.length ? `${figure(found.length)} of ${figure(rows.length)} rows` : "";
    mark();
  };
  const choose = () => {
    const words = plain(filter.value.trim()).split(/\s+/);
    found = rows.filter((one) => (!chosen || one.cells[0].text === chosen) && words.every((word) => one.plain.includes(word)));
    limit = chosen || filter.value ? Math.max(first, MORE) : first; // who has chosen wants to see it
    show();
  };
  const sort = (place) => {
    const heading = headings[place], before = heading.getAttribute("aria-sort");
    // Numbers begin with the highest, words with A.
    let down = numeric[place];
    if (before) down = before === "ascending";
    for (const one of headings) one.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compare = (a, b) => {
      const [x, y] = [a.cells[place].key, b.cells[place].key];
      return numeric[place] || (typeof x === "number" && typeof y === "number") ? x - y || 0 : collator.compare(x, y);
    };
    rows.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
    choose();
  };
  headings.forEach((heading, place) => {
    const words = heading.textContent;
    if (words) heading.replaceChildren(button(words, () => sort(place)));
  });
  const lines = (separator, quote) => {
    const kept = headings.map((one, place) => place).filter((place) => headings[place].textContent || !place);
    // Columns of numbers are written without separators of thousands.
    const value = (cell, place) => (numeric[place] && /^[\d,]+$/.test(cell.text) ? cell.text.replaceAll(",", "") : cell.text.replace(/^–$/, ""));
    const every = [headings.map((one) => one.textContent), ...found.map(({ cells }) => cells.map(value))];
    return every.map((line) => kept.map((place) => quote(line[place])).join(separator)).join("\r\n");
  };

  filter.type = "search";
  filter.placeholder = "Filter";
  filter.setAttribute("aria-label", `Filter: ${caption}`);
  filter.addEventListener("input", choose);
  tools.append(told, filter);
  const values = [...new Set(rows.map(({ cells }) => cells[0].text))];
  if ("choose" in frame.dataset && values.length > 1) {
    const select = element("select");
    select.setAttribute("aria-label", `${headings[0].textContent}: ${caption}`);
    const counts = new Map();
    for (const { cells } of rows) counts.set(cells[0].text, (counts.get(cells[0].text) || 0) + 1);
    const option = (words, value) => { const one = element("option", words); one.value = value; return one; };
    select.append(option("All lists", ""), ...values.map((one) => option(`${one} (${figure(counts.get(one))})`, one)));
    select.addEventListener("change", () => { chosen = select.value; choose(); });
    tools.append(select);
  }
  tools.append(
    button("Copy", async (event) => {
      const pressed = event.currentTarget;
      await copy(lines("\t", pasted));
      pressed.textContent = "Copied";
      setTimeout(() => { pressed.textContent = "Copy"; }, 1500);
    }, `Copy: ${caption}`),
    button("CSV", () => {
      const text = `\ufeff${lines(",", (one) => quoted(harmless(one)))}\r\n`; // with a mark, so that Excel reads UTF-8
      save(new Blob([text], { type: "text/csv" }), fileName(caption, "csv"));
    }, `Save as CSV: ${caption}`),
  );
  const head = element("div", undefined, "head"), title = frame.querySelector(".title");
  head.append(...(title ? [title] : []), tools);
  frame.prepend(head);
  more.className = "more";
  frame.append(more);

  // A table that is wider than its place says so. The Tab key stops only at such tables.
  const hint = element("p", "The table scrolls sideways →", "note hint");
  scroll.before(hint);
  const mark = () => {
    const wide = scroll.scrollWidth > scroll.clientWidth + 1;
    hint.hidden = !wide;
    if (wide) scroll.tabIndex = 0; else scroll.removeAttribute("tabindex");
  };
  new ResizeObserver(mark).observe(scroll);
  show();
}
