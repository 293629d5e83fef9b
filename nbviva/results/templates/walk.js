// The way through a class: one question, its hand-ins one after another, by buttons and by keys inside of the part.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const part = document.getElementById("walk");
  const choice = document.getElementById("walk-question");
  const links = Object.fromEntries(data.rows.map((row) => [row[0], Object.fromEntries(data.fields.map((name, i) => [name, row[i]]))]));
  const state = { question: 0, stop: 0 };

  const question = () => data.walks[state.question];
  const field = (name) => document.getElementById(`walk-${name}`);

  const link = (words, address, place) => {
    const made = document.createElement("a");
    made.textContent = words;
    made.href = place ? `${address}#question-${encodeURIComponent(place)}` : address;
    made.target = "hand-in"; // always the same other tab, so that the report stays
    return made;
  };

  const page = (address, notebook) =>
    notebook ? address.replace(/[^/]*$/, `${encodeURIComponent(notebook)}.html`) : address;

  const write = (place, text) => {
    const pieces = text.split("`"); // what stands in backticks is code
    place.replaceChildren(
      ...pieces.map((piece, i) => {
        const made = document.createElement(i % 2 && i < pieces.length - 1 ? "code" : "span");
        made.textContent = piece;
        return made;
      }),
    );
  };

  const answer = (stop) => {
    if (!stop.cluster) return stop.kind;
    const alike = stop.size === 1 ? "nobody else's" : `the same as ${stop.size - 1} other${stop.size === 2 ? "'s" : "s'"}`;
    return `${stop.kind} ${stop.cluster} of ${Math.max(...question().stops.map(({ cluster }) => cluster))}, ${alike}`;
  };

  const show = () => {
    const { name, number, title, maximum, notebook, stops } = question();
    const stop = stops[state.stop];
    choice.selectedIndex = state.question;
    field("head").textContent = stop ? `${number} ${title}: ${stop.group}` : `${number} ${title}: no hand-in`;
    field("place").textContent = stop ? `hand-in ${state.stop + 1} of ${stops.length}` : "";
    if (!stop) return;
    const given = stop.points === null ? "no mark" : `${+stop.points.toPrecision(4)} of ${maximum}`;
    field("kind").textContent = stop.points !== null && (maximum || stop.points) ? `${answer(stop)}; ${given}` : answer(stop);
    write(field("told"), stop.told);
    write(field("like"), stop.like ? `It behaves like: ${stop.like}` : "");
    const known = links[stop.group] ?? {};
    const found = [
      known.feedback && link("Feedback (f)", page(known.feedback, notebook), name),
      known.formgrader && link("Formgrader (g)", known.formgrader),
      known.audit && link("Audit (a)", known.audit, name),
    ].filter(Boolean);
    field("links").replaceChildren(...found);
    const place = `#walk=${encodeURIComponent(name)}/${encodeURIComponent(stop.group)}`;
    if (part.dataset.begun) history.replaceState(null, "", place); // the way back leads here
  };

  const go = (place) => {
    state.stop = Math.min(Math.max(place, 0), question().stops.length - 1);
    show();
  };
  const ask = (place) => {
    const number = data.walks.length;
    state.question = (place + number) % number;
    go(0);
  };
  const nextAnswer = () => {
    const { stops } = question();
    const { kind, cluster } = stops[state.stop];
    const next = stops.findIndex((stop, i) => i > state.stop && (stop.kind !== kind || stop.cluster !== cluster));
    go(next < 0 ? stops.length - 1 : next);
  };
  const open = (words) => [...field("links").children].find((made) => made.textContent.startsWith(words))?.click();

  const keys = {
    n: () => go(state.stop + 1), ArrowRight: () => go(state.stop + 1),
    p: () => go(state.stop - 1), ArrowLeft: () => go(state.stop - 1),
    w: nextAnswer, Home: () => go(0), End: () => go(question().stops.length - 1),
    "]": () => ask(state.question + 1), "[": () => ask(state.question - 1),
    f: () => open("Feedback"), g: () => open("Formgrader"), a: () => open("Audit"),
  };
  part.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("select, input")) return;
    if (!(event.key in keys)) return;
    event.preventDefault();
    part.dataset.begun = "yes";
    keys[event.key]();
  });
  const buttons = {
    previous: keys.p, next: keys.n, answer: keys.w, "question-before": keys["["], "question-after": keys["]"],
  };
  for (const [name, act] of Object.entries(buttons)) {
    field(name).addEventListener("click", () => {
      part.dataset.begun = "yes";
      act();
    });
  }
  choice.addEventListener("change", () => {
    part.dataset.begun = "yes";
    ask(choice.selectedIndex);
  });

  const begin = (name, group) => {
    const found = data.walks.findIndex((walk) => walk.name === name);
    if (found < 0) return;
    part.dataset.begun = "yes";
    ask(found);
    go(Math.max(0, question().stops.findIndex((stop) => stop.group === group)));
    part.scrollIntoView();
    field("stop").focus({ preventScroll: true });
  };
  for (const lead of document.querySelectorAll("[data-walk]")) {
    lead.addEventListener("click", (event) => {
      event.preventDefault();
      begin(lead.dataset.walk, lead.dataset.group);
    });
  }
  for (const { number, title } of data.walks) choice.append(new Option(`${number} ${title}`));
  if (data.walks.length) show();
  const asked = location.hash.match(/^#walk=([^/]*)\/(.*)$/);
  if (asked) begin(decodeURIComponent(asked[1]), decodeURIComponent(asked[2]));
})();
