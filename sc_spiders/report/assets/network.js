"use strict";
// Names are other people's text, so they are only set as textContent, or drawn.
(() => {
  const regions = (() => {
    try { return new Intl.DisplayNames(["en"], { type: "region" }); } catch { return null; }
  })();
  const region = (code) => {
    try { return /^[A-Z]{2}$/.test(code) && regions ? regions.of(code) : code; } catch { return code; }
  };
  for (const one of document.querySelectorAll("[data-region]")) one.textContent = region(one.dataset.region);

  // The Tab key stops only at tables that really scroll.
  for (const one of document.querySelectorAll(".scroll")) if (one.scrollWidth <= one.clientWidth) one.removeAttribute("tabindex");

  // A closed list would not be printed.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });

  const block = document.getElementById("network-data");
  if (!block) return;
  const net = JSON.parse(block.textContent);
  const count = net.names.length;
  const find = (id) => document.getElementById(id);
  const canvas = find("canvas"), pen = canvas.getContext("2d"), tip = find("tip"), about = find("about");
  const box = find("find"), found = find("found"), colourBy = find("colour");
  const element = (tag, text, cls) => {
    const one = document.createElement(tag);
    if (text !== undefined) one.textContent = text;
    if (cls) one.className = cls;
    return one;
  };
  const figure = (n) => n.toLocaleString("en");

  // The links of each node.
  const followers = Array.from({ length: count }, () => []), followings = Array.from({ length: count }, () => []);
  net.source.forEach((a, n) => { followings[a].push(net.target[n]); followers[net.target[n]].push(a); });
  const weight = net.names.map((_, n) => (net.directed ? net.in[n] : net.in[n] + net.out[n]));
  const heaviest = weight.reduce((a, b) => Math.max(a, b), 1);
  const asked = new Set(net.seeds);
  const size = weight.map((w, n) => Math.max(2.2 + 13 * Math.sqrt(w / heaviest), asked.has(n) ? 4 : 0));
  const byWeight = net.names.map((_, n) => n).sort((a, b) => weight[b] - weight[a]);
  // Seeds come first: they are drawn on top, named, found and stepped to first.
  const order = [...byWeight.filter((n) => asked.has(n)), ...byWeight.filter((n) => !asked.has(n))];

  // The page's colours follow light and dark mode.
  let palette = [], paper, ink, soft, halo, link, linkAlpha, accent;
  const countries = new Map();
  for (const code of net.countries) if (code) countries.set(code, (countries.get(code) || 0) + 1);
  const commonest = [...countries].sort((a, b) => b[1] - a[1]).slice(0, 12).map(([code]) => code);
  const group = (n) => {
    if (colourBy.value === "group") return net.group[n];
    const place = commonest.indexOf(net.countries[n]);
    return place < 0 ? 12 : place;
  };
  const readColours = () => {
    const style = getComputedStyle(document.documentElement), of = (name) => style.getPropertyValue(name).trim();
    palette = Array.from({ length: 13 }, (_, n) => of(`--c${n}`));
    [paper, ink, soft, halo, accent] = ["--card", "--ink", "--soft", "--card", "--accent"].map(of);
    [link, linkAlpha] = [of("--link"), Number(of("--link-alpha"))];
  };

  // Coordinates: the layout ranges from -10 000 to 10 000.
  let width = 0, height = 0, scale = 1, left = 0, top = 0, smallest = 1;
  const fitted = () => Math.max(Math.min(width, height) / 2 - 24, 50) / 10000;
  const px = (n) => left + net.x[n] * scale, py = (n) => top + net.y[n] * scale;
  const radius = (n) => size[n] * Math.min(1, Math.sqrt(Math.min(width, height) / 640)) * Math.min(1.9, Math.max(0.55, Math.sqrt(scale / fitted()) * Math.min(1.5, Math.sqrt(900 / count) + 0.35)));
  const fit = () => { smallest = fitted(); scale = smallest; left = width / 2; top = height / 2; paint(); };
  const zoom = (factor, x = width / 2, y = height / 2) => {
    const next = Math.min(Math.max(scale * factor, smallest * 0.5), smallest * 60);
    left = x - (x - left) * next / scale; top = y - (y - top) * next / scale; scale = next;
    paint();
  };
  const centre = (n) => {
    scale = Math.max(scale, smallest * 1.7);
    left = width / 2 - net.x[n] * scale; top = height / 2 - net.y[n] * scale;
  };

  let hovered = -1, chosen = -1, waiting = false;
  const paint = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); } };
  const near = (n) => new Set([n, ...followers[n], ...followings[n]]);

  function draw() {
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const focus = chosen >= 0 ? chosen : hovered, close = focus >= 0 ? near(focus) : null;
    lines(close, focus);
    dots(close);
    labels(close, focus);
  }
  function lines(close, focus) {
    const many = Math.min(Math.max(Math.sqrt(5000 / Math.max(net.source.length, 1)) ** 1.6, 0.25), 3);
    pen.lineWidth = 0.7;
    pen.strokeStyle = `rgba(${link}, ${linkAlpha * many * (close ? 0.25 : 1)})`;
    pen.beginPath();
    for (let n = 0; n < net.source.length; n++) {
      const a = net.source[n], b = net.target[n];
      const ax = px(a), ay = py(a), bx = px(b), by = py(b);
      if ((ax < 0 && bx < 0) || (ay < 0 && by < 0) || (ax > width && bx > width) || (ay > height && by > height)) continue;
      pen.moveTo(ax, ay); pen.lineTo(bx, by);
    }
    pen.stroke();
    if (!close) return;
    for (const [ends, colour] of [[followers[focus], accent], [followings[focus], palette[0]]]) {
      pen.strokeStyle = colour; pen.globalAlpha = Math.min(0.75, 0.2 + 14 / Math.max(ends.length, 14)); pen.lineWidth = 1;
      pen.beginPath();
      for (const other of ends) { pen.moveTo(px(focus), py(focus)); pen.lineTo(px(other), py(other)); }
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }
  function dots(close) {
    for (let i = count - 1; i >= 0; i--) {
      const n = order[i], x = px(n), y = py(n), r = radius(n);
      if (x < -r || y < -r || x > width + r || y > height + r) continue;
      pen.globalAlpha = close && !close.has(n) ? 0.13 : 0.92;
      pen.fillStyle = palette[group(n)];
      pen.beginPath(); pen.arc(x, y, r, 0, 7); pen.fill();
      if (r > 3.5) { pen.lineWidth = 1; pen.strokeStyle = paper; pen.stroke(); }
      if (asked.has(n)) {
        pen.lineWidth = 1.5; pen.strokeStyle = ink;
        pen.beginPath(); pen.arc(x, y, r + 2.5, 0, 7); pen.stroke();
      }
    }
    pen.globalAlpha = 1;
  }
  function labels(close, focus) {
    const taken = [], most = close ? 40 : Math.round(14 + 26 * Math.min(scale / smallest - 1, 4));
    pen.textAlign = "center"; pen.textBaseline = "top"; pen.lineJoin = "round";
    let shown = 0;
    const named = focus >= 0 ? [focus, ...order.filter((n) => n !== focus && close.has(n))] : order;
    for (const n of named) {
      if (shown >= most) break;
      const middle = px(n), y = py(n) + radius(n) + (asked.has(n) ? 4 : 2);
      if (middle < 0 || y < 0 || middle > width || y > height - 8) continue;
      pen.font = `${n === focus ? 600 : 400} ${n === focus ? 13 : 11.5}px system-ui, sans-serif`;
      const text = net.names[n].length > 26 ? `${net.names[n].slice(0, 25)}…` : net.names[n];
      const half = pen.measureText(text).width / 2 + 3;
      const x = Math.min(Math.max(middle, half), width - half); // inside the drawing
      if (n !== focus && taken.some(([l, t, r, b]) => x - half < r && x + half > l && y < b && y + 15 > t)) continue;
      taken.push([x - half, y, x + half, y + 15]);
      pen.lineWidth = 3; pen.strokeStyle = halo; pen.strokeText(text, x, y);
      pen.fillStyle = n === focus ? accent : ink; pen.fillText(text, x, y);
      shown++;
    }
    if (focus >= 0) {
      pen.lineWidth = 2; pen.strokeStyle = accent;
      pen.beginPath(); pen.arc(px(focus), py(focus), radius(focus) + 3, 0, 7); pen.stroke();
    }
  }

  const at = (x, y) => {
    for (const n of order) { // from the lowest to the topmost
      const dx = px(n) - x, dy = py(n) - y, r = Math.max(radius(n), 4) + 2;
      if (dx * dx + dy * dy < r * r) return n;
    }
    return -1;
  };
  const counted = (n, one) => `${figure(n)} ${one}${n === 1 ? "" : "s"}`;
  const facts = (n) => {
    const parts = net.directed
      ? [`${counted(net.in[n], "follower")} and ${counted(net.out[n], "following")} here`]
      : [`${counted(net.in[n] + net.out[n], "link")} here`];
    if (net.countries[n]) parts.push(region(net.countries[n]));
    if (asked.has(n)) parts.push("is a seed");
    return parts;
  };
  const hover = (n, x, y) => {
    if (n !== hovered) { hovered = n; canvas.classList.toggle("over", n >= 0); paint(); }
    tip.hidden = n < 0 || n === chosen;
    if (tip.hidden) return;
    tip.replaceChildren(element("bdi", net.names[n]), ...facts(n).map((one) => element("small", one)));
    tip.style.setProperty("left", `${Math.min(x + 14, width - tip.offsetWidth - 6)}px`);
    tip.style.setProperty("top", `${Math.min(y + 14, height - tip.offsetHeight - 6)}px`);
  };
  const choose = (n, move = false) => {
    chosen = n; tip.hidden = true;
    canvas.dataset.chosen = n < 0 ? "" : net.names[n];
    if (n >= 0 && move) centre(n);
    describe(n);
    paint();
  };
  function describe(n) {
    about.hidden = n < 0;
    if (n < 0) return;
    const close = element("button", "×", "close");
    close.type = "button"; close.setAttribute("aria-label", "Let go of this account");
    close.addEventListener("click", () => { choose(-1); canvas.focus(); });
    const title = element("h3"), parts = [close, title];
    if (net.links[n]) {
      const a = element("a");
      a.href = `https://soundcloud.com/${net.links[n]}`; a.rel = "noopener noreferrer";
      a.append(element("bdi", net.names[n])); title.append(a);
    } else title.append(element("bdi", net.names[n]));
    parts.push(...facts(n).map((one) => element("small", one)));
    if (net.announced[n] !== null) parts.push(element("small", `${counted(net.announced[n], "follower")} in all`));
    const groups = net.directed
      ? [["Followed by", followers[n], "s0"], ["Follows", followings[n], "c0"]]
      : [["Linked with", [...followers[n], ...followings[n]], "s0"]];
    for (const [words, others, colour] of groups) {
      if (!others.length) continue;
      const heading = element("h4");
      heading.append(element("i", "", `key ${colour}`), `${words} (${figure(others.length)} drawn)`);
      parts.push(heading);
      const list = element("ul");
      for (const other of [...new Set(others)].sort((a, b) => weight[b] - weight[a]).slice(0, 8)) {
        const item = element("li"), button = element("button");
        button.type = "button"; button.append(element("bdi", net.names[other]));
        button.addEventListener("click", () => choose(other, true));
        item.append(button); list.append(item);
      }
      parts.push(list);
    }
    about.replaceChildren(...parts);
  }

  // Pointer: drag, pinch, hover, click.
  const pointers = new Map();
  let moved = 0, apart = 0;
  const spot = (event) => { const r = canvas.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top]; };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, spot(event)); moved = 0; apart = 0;
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = spot(event), before = pointers.get(event.pointerId);
    if (!before) { hover(at(x, y), x, y); return; }
    pointers.set(event.pointerId, [x, y]);
    if (pointers.size === 1) {
      left += x - before[0]; top += y - before[1]; moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
      tip.hidden = true; paint();
    } else {
      const [[ax, ay], [bx, by]] = [...pointers.values()], now = Math.hypot(ax - bx, ay - by);
      if (apart) zoom(now / apart, (ax + bx) / 2, (ay + by) / 2);
      apart = now; moved = 99;
    }
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => {
    if (pointers.delete(event.pointerId) && name === "pointerup" && moved < 5) choose(at(...spot(event)));
    canvas.classList.toggle("held", pointers.size > 0);
  });
  canvas.addEventListener("pointerleave", () => hover(-1));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...spot(event));
  }, { passive: false });

  // Keyboard.
  const step = (by) => {
    const around = chosen < 0 ? -1 : order.indexOf(chosen);
    choose(order[chosen < 0 ? 0 : (around + by + count) % count], true);
  };
  const keys = {
    ArrowLeft: () => { left += 60; }, ArrowRight: () => { left -= 60; }, ArrowUp: () => { top += 60; },
    ArrowDown: () => { top -= 60; }, "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: fit,
    n: () => step(1), p: () => step(-1), Escape: () => choose(-1),
  };
  canvas.addEventListener("keydown", (event) => {
    const act = keys[event.key] || keys[event.key.toLowerCase()];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); act(); paint();
  });

  // Search.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const plainNames = net.names.map(plain), plainLinks = net.links.map(plain);
  let results = [], active = -1, undrawn = [], plainOthers;
  const showResults = () => {
    found.replaceChildren(...results.map((n, place) => {
      const item = element("li");
      item.id = `found-${place}`; item.setAttribute("role", "option"); item.setAttribute("aria-selected", place === active);
      item.append(element("bdi", net.names[n]), element("small", counted(weight[n], net.directed ? "follower" : "link")));
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(place); });
      return item;
    }));
    for (const name of undrawn) {
      const item = element("li", undefined, "undrawn");
      item.append(element("bdi", name), element("small", "in the data, not drawn"));
      item.setAttribute("role", "option"); item.setAttribute("aria-disabled", "true");
      found.append(item);
    }
    if (!found.children.length) found.append(element("li", net.unknown
      ? `Nobody of that name is among the ${figure(count + net.others.length)} most connected; ${figure(net.unknown)} others are not searched here`
      : "Nobody of that name is in this network"));
    found.hidden = !box.value.trim();
    box.setAttribute("aria-expanded", String(!found.hidden));
    if (active >= 0) box.setAttribute("aria-activedescendant", `found-${active}`); else box.removeAttribute("aria-activedescendant");
  };
  const close = () => { found.hidden = true; box.setAttribute("aria-expanded", "false"); };
  const take = (place) => { if (results[place] !== undefined) { choose(results[place], true); close(); } };
  const search = () => {
    const text = plain(box.value.trim());
    const begins = [], holds = [];
    if (text) for (const n of order) {
      if (plainNames[n].startsWith(text)) begins.push(n);
      else if (plainNames[n].includes(text) || plainLinks[n].includes(text)) holds.push(n);
    }
    results = [...begins, ...holds].slice(0, 20); active = results.length ? 0 : -1;
    plainOthers ??= net.others.map(plain);
    undrawn = text ? net.others.filter((_, n) => plainOthers[n].includes(text)).slice(0, 20 - results.length) : [];
    showResults();
  };
  box.addEventListener("input", search);
  box.addEventListener("focus", () => { if (box.value) search(); });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (results.length) active = (active + (event.key === "ArrowDown" ? 1 : -1) + results.length) % results.length;
      showResults();
      if (active >= 0) found.children[active].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") { event.preventDefault(); take(active); }
    else if (event.key === "Escape") { box.value = ""; results = []; close(); choose(-1); }
  });

  // What the colours mean.
  const explain = () => {
    const items = [];
    for (let place = 0; place < 13; place++) {
      const first = byWeight.find((n) => group(n) === place);
      if (first === undefined) continue;
      const item = element("li");
      item.append(element("i", "", `key c${place}`));
      if (place === 12) item.append("others");
      else if (colourBy.value === "group") item.append(`${place + 1}: around `, element("bdi", net.names[first]));
      else item.append(region(net.countries[first]));
      items.push(item);
    }
    find("legend").replaceChildren(...items);
  };
  explain();

  find("nearer").addEventListener("click", () => zoom(1.4));
  find("farther").addEventListener("click", () => zoom(1 / 1.4));
  find("fit").addEventListener("click", fit);
  colourBy.addEventListener("change", () => { explain(); paint(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); paint(); });
  // Paper is white, and printing does not wait for the next frame.
  matchMedia("print").addEventListener("change", () => { readColours(); draw(); });
  const measure = () => {
    const r = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1, first = !width;
    left += (r.width - width) / 2; top += (r.height - height) / 2;
    width = r.width; height = r.height;
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    if (first) fit(); else { smallest = fitted(); draw(); }
  };
  readColours();
  new ResizeObserver(measure).observe(canvas);
  measure();
  canvas.dataset.ready = "true";
})();
