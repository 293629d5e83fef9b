// The page's own script: the table of hand-ins, and the charts with the page's colours. It writes text, never markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const handins = data.rows.map((row) => Object.fromEntries(data.fields.map((name, i) => [name, row[i]])));
  const find = document.getElementById("find");
  const status = document.getElementById("status");
  const late = document.getElementById("late");
  const range = document.getElementById("range");
  const body = document.querySelector("#handins tbody");
  const state = { key: "", down: false, range: null }; // no key: in the order of the page, who needs a person first

  const columns = [
    { key: "group", title: "hand-in" },
    ...data.questions.map((title, i) => ({ key: `q${i}`, title, number: true })),
    { key: "points", title: "points", number: true },
    { key: "extra", title: "extra", number: true },
    { key: "late", title: "late (min)", number: true },
    { key: "penalty", title: "penalty", number: true },
    { key: "total", title: "total", number: true },
    { key: "status", title: "status" },
    { key: "sandbox", title: "sandbox" },
    { key: "seconds", title: "seconds", number: true },
  ].filter(({ key }) => key !== "penalty" || handins.some((item) => item.penalty));
  const mayBeSame = ["extra", "late", "status", "sandbox"];
  const same = columns.filter(
    ({ key }) => handins.length > 2 && mayBeSame.includes(key) && handins.every((item) => item[key] === handins[0][key]),
  ); // said once, and no column
  for (const column of same) columns.splice(columns.indexOf(column), 1);

  const element = (name, text, classes) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (classes) made.className = classes;
    return made;
  };

  const shown = (item, { key, number }) => {
    const value = item[key];
    if (value === null || value === undefined) return number ? "-" : "";
    if (key === "late" || key === "penalty") return value ? String(+value.toPrecision(6)) : "·";
    return number ? String(+value.toPrecision(4)) : value;
  };

  const cell = (item, column) => {
    if (column.key !== "group") {
      const needs = column.key === "status" && item.status !== "marked" ? "needs" : "";
      return element("td", shown(item, column), column.number ? "n" : needs);
    }
    const head = element("th");
    head.scope = "row";
    if (item.feedback) {
      const link = element("a", item.group);
      link.href = item.feedback;
      head.append(link);
    } else head.append(item.group);
    if (item.people) head.append(element("span", item.people, "people"));
    const more = [["audit", item.audit], ["formgrader", item.formgrader]].filter(([, address]) => address);
    if (more.length) {
      const places = element("span", undefined, "people places");
      for (const [words, address] of more) {
        const link = element("a", words);
        link.href = address;
        places.append(link, " ");
      }
      head.append(places);
    }
    return head;
  };

  for (const item of handins) {
    item.row = element("tr");
    item.row.append(...columns.map((column) => cell(item, column)));
    item.words = [item.group, item.people, item.status, item.sandbox].join(" ").toLowerCase();
  }

  const compare = (one, other) => {
    const [a, b] = state.down ? [other[state.key], one[state.key]] : [one[state.key], other[state.key]];
    const missing = (one[state.key] === null) - (other[state.key] === null); // what is missing comes last
    if (missing) return missing;
    if (typeof a === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };

  const matches = (item) =>
    item.words.includes(find.value.trim().toLowerCase()) &&
    (!status.value || item.status === status.value) &&
    (!late.checked || item.late > 0) &&
    (!state.range ||
      (item[state.range.field] !== null &&
        item[state.range.field] >= state.range.from &&
        item[state.range.field] <= state.range.to));

  const chosen = () => handins.filter(matches).sort(compare);

  const show = () => {
    const rows = chosen();
    body.replaceChildren(...rows.map((item) => item.row));
    document.getElementById("shown").textContent = `${rows.length} of ${handins.length} hand-in${handins.length === 1 ? "" : "s"}`;
    range.hidden = !state.range;
    if (state.range) {
      const { title, from, to } = state.range;
      range.querySelector("span").textContent = `Only ${title} from ${+from.toPrecision(3)} to ${+to.toPrecision(3)}.`;
    }
    for (const head of document.querySelectorAll("#handins thead th")) {
      if (head.dataset.key !== state.key) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    }
  };

  const words = same.map((column) => `${column.title} ${shown(handins[0], column) || "none"}`).join("; ");
  if (words) document.getElementById("same").textContent = `The same for all: ${words}.`;

  const heads = element("tr");
  for (const column of columns) {
    const head = element("th", undefined, column.number ? "n" : "");
    head.scope = "col";
    head.dataset.key = column.key;
    const button = element("button", column.title);
    button.type = "button";
    button.addEventListener("click", () => {
      state.down = state.key === column.key ? !state.down : Boolean(column.number);
      state.key = column.key;
      show();
    });
    head.append(button);
    heads.append(head);
  }
  document.querySelector("#handins thead").append(heads);
  for (const name of [...new Set(handins.map((item) => item.status))].sort()) status.append(new Option(name, name));
  for (const input of [find, status, late]) input.addEventListener("input", show);
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());

  const quoted = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text; // no formula
    return `"${safe.replaceAll('"', '""')}"`;
  };
  document.getElementById("save").addEventListener("click", () => {
    const lines = [columns.map(({ title }) => title), ...chosen().map((item) => columns.map(({ key }) => item[key] ?? ""))];
    const text = lines.map((line) => line.map((value) => quoted(String(value))).join(",")).join("\r\n");
    const link = element("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = "hand-ins.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const settings = () => {
    const [soft, line, bar] = ["soft", "line", "bar"].map(colour);
    const words = { labelColor: soft, titleColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
    return {
      background: "transparent",
      font: "system-ui, sans-serif",
      axis: { ...words, gridColor: line, domainColor: line, tickColor: line },
      legend: words,
      view: { stroke: null },
      bar: { color: bar },
      line: { color: bar },
      point: { color: bar },
      range: { category: [bar, colour("second"), colour("third")] },
    };
  };

  const plain = handins.map(({ row, words, ...rest }) => rest);
  let views = [];
  const pick = (view, chart) => {
    view.addSignalListener("picked", (_, value) => {
      const [extent] = Object.values(value ?? {});
      if (!extent) state.range = null;
      else {
        const title = chart.field.startsWith("v") ? chart.spec.description.split(" of ")[0] : chart.name;
        state.range = { field: chart.field, title, from: Math.min(...extent), to: Math.max(...extent) };
      }
      show();
    });
  };
  const draw = async () => {
    for (const view of views.splice(0)) view.finalize();
    const config = settings();
    for (const chart of data.charts) {
      const coloured = JSON.stringify(chart.spec).replace(/"--([a-z]+)"/g, (_, name) => JSON.stringify(colour(name)));
      const spec = JSON.parse(coloured);
      spec.datasets = { ...spec.datasets, handins: plain };
      const made = await window.vegaEmbed(`#chart-${chart.name}`, spec, {
        actions: false, ast: true, config, defaultStyle: false, renderer: "svg", tooltip: { disableDefaultStyle: true },
      });
      const frame = document.getElementById(`chart-${chart.name}`);
      frame.setAttribute("role", "img"); // in words it is its caption; Vega's own roles name parts that say nothing
      frame.setAttribute("aria-label", chart.spec.description);
      frame.querySelector("svg").setAttribute("aria-hidden", "true");
      views.push(made.view);
      if (chart.field) pick(made.view, chart);
    }
    document.documentElement.dataset.drawn = String(views.length); // all charts are there
  };
  range.querySelector("button").addEventListener("click", () => {
    state.range = null;
    show();
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  show();
  draw();
})();
