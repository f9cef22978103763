"use strict";
(() => {
  /* Tables: sorted, filtered and downloaded. Texts are read and written as texts, never as HTML. */
  const collator = new Intl.Collator("en", { numeric: true });
  const make = (name, text, marks) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [mark, value] of Object.entries(marks || {})) made.setAttribute(mark, value);
    return made;
  };
  const plain = (cell) => cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent;
  const isNumber = (cell) => cell.classList.contains("number") && cell.textContent !== "-";
  const number = (cell) => Number(plain(cell).replaceAll(",", ""));

  /* A spreadsheet takes a text that begins so for a formula; a text is quoted, whatever it holds. */
  const formula = /^[\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207a\u208a\u207b\u208b\u207c\u208c]/;
  const csvCell = (cell) => {
    if (isNumber(cell)) return String(plain(cell)).replaceAll(",", "");
    let text = cell.textContent === "-" ? "" : cell.textContent;
    if (formula.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };

  const equip = (table, place) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const said = make("span", "", { role: "status", "aria-live": "polite" });
    const filter = make("input", "", { type: "search", "aria-label": `Filter ${table.caption.textContent}` });
    const label = make("label", "Filter rows");
    const save = make("button", "Download csv", { type: "button" });
    const tools = make("div", "", { class: "tools" });
    label.append(filter);
    tools.append(label, save, said);
    if (rows.length < 2) label.hidden = true;
    place.before(tools);

    const visible = () => rows.filter((row) => !row.hidden);
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLocaleLowerCase();
      for (const row of rows) {
        row.hidden = wanted !== "" && !row.textContent.toLocaleLowerCase().includes(wanted);
      }
      said.textContent = wanted ? `${visible().length} of ${rows.length} rows` : "";
    });
    heads.forEach((head, column) => {
      const name = head.querySelector("span");
      const button = make("button", name.textContent, { type: "button" });
      name.replaceWith(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1;
        const order = (one, other) => {
          const [a, b] = [one.cells[column], other.cells[column]];
          const [empty, none] = [a, b].map((cell) => cell.textContent === "-");
          if (empty || none) return empty - none;
          if (isNumber(a) && isNumber(b)) return sign * (number(a) - number(b));
          return sign * collator.compare(a.textContent, b.textContent);
        };
        rows.sort(order);
        body.append(...rows);
        said.textContent = `sorted by ${button.textContent}, ${down ? "descending" : "ascending"}`;
      });
    });
    save.addEventListener("click", () => {
      const titles = heads.map((head) => {
        const unit = (head.dataset.unit || "").split(" (")[0];
        return csvCell(make("td", head.querySelector("button").textContent + (unit ? ` [${unit}]` : "")));
      });
      const lines = [titles, ...visible().map((row) => [...row.cells].map(csvCell))];
      const text = "\ufeff" + lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
      const link = make("a", "", { download: `${(table.dataset.name || "table").replace(/[^\w-]+/g, "_")}.csv` });
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      said.textContent = `${lines.length - 1} rows downloaded`;
    });
  };
  for (const table of document.querySelectorAll("table[data-name]")) equip(table, table.parentElement);

  /* Pictures: drawn again in the colours of the page, on top of what is there without a script. */
  if (typeof Plotly === "undefined") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const phone = matchMedia("(max-width: 600px)");
  const toned = { "#1a2330": "--ink", "#7d8b99": "--coast", "#c3ccd5": "--border", white: "--paper" };
  const themed = (value, tone, key) => {
    if (Array.isArray(value)) return value.map((one) => themed(one, tone, key));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, themed(one, tone, name)]));
    }
    const colour = /color/i.test(key) && Object.hasOwn(toned, value);
    return colour ? tone(toned[value]) : value;
  };
  const draw = (holder) => {
    const figure = JSON.parse(holder.querySelector("script.figure").textContent);
    const style = getComputedStyle(document.documentElement);
    const tone = (name) => style.getPropertyValue(name).trim();
    const data = themed(figure.data, tone, "");
    const layout = themed(figure.layout, tone, "");
    layout.height ||= 420; /* or a window that changes its size leaves none */
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.font = { color: tone("--ink"), family: "system-ui, sans-serif", size: 12 };
    layout.margin = { t: 30, r: 12, b: 50, l: 60 };
    layout.legend = { ...layout.legend, orientation: "h", x: 0, y: 1.02, yanchor: "bottom" };
    for (const note of layout.annotations || []) note.font = { color: tone("--quiet") };
    for (const name of ["xaxis", "yaxis"]) {
      const grid = { gridcolor: tone("--grid"), zerolinecolor: tone("--frame"), linecolor: tone("--grid") };
      layout[name] = { automargin: true, ...layout[name], ...grid };
      if (!layout[name].tickformat) layout[name].tickformat = ",.15~g";
      if (layout[name].title) layout[name].title = { standoff: 14, ...layout[name].title };
    }
    const spot = holder.querySelector(".drawn");
    spot.hidden = false;
    for (const shape of layout.shapes || []) shape.line = { color: tone("--ink"), ...shape.line };
    const drawn = Plotly.react(spot, data, layout, { displayModeBar: false, responsive: true });
    drawn.then(() => holder.classList.add("live"), () => { spot.hidden = true; });
  };
  const figures = [...document.querySelectorAll("figure")].filter((one) => one.querySelector("script.figure"));
  const drawAll = () => { if (!phone.matches) figures.forEach(draw); else figures.forEach((one) => {
    one.classList.remove("live"); one.querySelector(".drawn").hidden = true; }); };
  drawAll();
  /* Where the library measures its texts there is nothing to be told. */
  document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
  dark.addEventListener("change", drawAll);
  phone.addEventListener("change", drawAll);
})();
