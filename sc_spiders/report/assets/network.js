// The network: drawn on a canvas, which reacts to pointer, keyboard and search.

// A large block of data is compressed.
const unpack = async (block) => {
  if (block.type === "application/json") return JSON.parse(block.textContent);
  const bytes = Uint8Array.from(atob(block.textContent), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
};

const drawNetwork = async (block) => {
  const net = await unpack(block);
  const count = net.names.length;
  const find = (id) => document.getElementById(id);
  const canvas = find("canvas"), pen = canvas.getContext("2d"), tip = find("tip"), about = find("about");
  const box = find("find"), found = find("found"), colourBy = find("colour");

  // The links of each node.
  const followers = Array.from({ length: count }, () => []), followings = Array.from({ length: count }, () => []);
  net.source.forEach((a, n) => { followings[a].push(net.target[n]); followers[net.target[n]].push(a); });
  const weight = net.names.map((_, n) => net.star ? net.announced[n] || 0 : (net.directed ? net.in[n] : net.in[n] + net.out[n]));
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
  const places = new Map(commonest.map((code, place) => [code, place]));
  const byCountry = net.countries.map((code) => places.get(code) ?? 12);
  const group = (n) => (colourBy.value === "group" ? net.group[n] : byCountry[n]);
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
    paint(true);
  };
  const centre = (n) => {
    scale = Math.max(scale, smallest * 1.7);
    left = width / 2 - net.x[n] * scale; top = height / 2 - net.y[n] * scale;
  };

  let hovered = -1, chosen = -1, waiting = false;
  const near = (n) => new Set([n, ...followers[n], ...followings[n]]);

  // A drawing that takes long is moved and scaled as a picture while the reader moves it, and drawn again after that.
  const SLOW = 25, STILL = 120; // milliseconds
  const shot = document.createElement("canvas");
  let took = 0, shotAt = null, settling = 0;
  const paint = (moving = false) => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (moving && took > SLOW && shotAt) {
        move();
        clearTimeout(settling);
        settling = setTimeout(draw, STILL);
      } else draw();
    });
  };
  function move() {
    const by = scale / shotAt.scale;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const ratio = devicePixelRatio || 1;
    const x = (left - shotAt.left * by) * ratio, y = (top - shotAt.top * by) * ratio;
    pen.drawImage(shot, x, y, shot.width * by, shot.height * by);
  }

  function draw() {
    clearTimeout(settling);
    if (!canvas.width || !canvas.height) return; // it is not seen
    const ratio = devicePixelRatio || 1, began = performance.now();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const focus = chosen >= 0 ? chosen : hovered, close = focus >= 0 ? near(focus) : null;
    lines(close, focus);
    dots(close);
    labels(close, focus);
    corner();
    took = performance.now() - began;
    canvas.dataset.took = took.toFixed(0);
    if (took > SLOW) keep();
  }
  function keep() {
    [shot.width, shot.height] = [canvas.width, canvas.height];
    shot.getContext("2d").drawImage(canvas, 0, 0);
    shotAt = { scale, left, top };
  }
  // Where the data is from, and when it was crawled.
  function corner() {
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "right"; pen.textBaseline = "bottom";
    pen.lineWidth = 3; pen.strokeStyle = halo; pen.strokeText(source, width - 8, height - 6);
    pen.fillStyle = soft; pen.fillText(source, width - 8, height - 6);
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
  // Small dots of a large network are set pixel by pixel: a path for each of them would take ten times as long.
  const SMALL = 3, MANY = 4000;
  const layer = document.createElement("canvas");
  function pixels(close) {
    const ratio = devicePixelRatio || 1, wide = canvas.width, high = canvas.height;
    [layer.width, layer.height] = [wide, high];
    const layerPen = layer.getContext("2d"), image = layerPen.createImageData(wide, high);
    const cells = new Uint32Array(image.data.buffer), colours = palette.map((one) => packed(one, 235)), faint = palette.map((one) => packed(one, 33));
    for (let i = count - 1; i >= 0; i--) {
      const n = order[i], r = radius(n);
      if (r > SMALL || asked.has(n)) continue;
      const x = px(n) * ratio, y = py(n) * ratio, reach = r * ratio;
      if (x < -reach || y < -reach || x > wide + reach || y > high + reach) continue;
      const colour = close && !close.has(n) ? faint[group(n)] : colours[group(n)];
      // A pixel belongs to the dot if its middle does.
      for (let row = Math.max(Math.ceil(y - reach - 0.5), 0); row + 0.5 <= y + reach && row < high; row++) {
        const half = Math.sqrt(Math.max(reach * reach - (row + 0.5 - y) ** 2, 0));
        const from = Math.max(Math.ceil(x - half - 0.5), 0), to = Math.min(Math.floor(x + half - 0.5), wide - 1);
        if (from <= to) cells.fill(colour, row * wide + from, row * wide + to + 1);
      }
    }
    layerPen.putImageData(image, 0, 0);
    pen.drawImage(layer, 0, 0, width, height);
  }
  // A colour such as #4269a6 as a pixel in memory.
  const packed = (colour, alpha) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
  };
  function dots(close) {
    const asPixels = count > MANY;
    if (asPixels) pixels(close);
    for (let i = count - 1; i >= 0; i--) {
      const n = order[i], x = px(n), y = py(n), r = radius(n);
      if (asPixels && r <= SMALL && !asked.has(n)) continue;
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
  let labelled = []; // the names that are seen, with their places
  function labels(close, focus) {
    labelled = [];
    const taken = [], most = close ? 40 : Math.round(14 + 26 * Math.min(scale / smallest - 1, 4));
    pen.textAlign = "center"; pen.textBaseline = "top"; pen.lineJoin = "round";
    let shown = 0, tried = 0;
    const named = focus >= 0 ? [focus, ...order.filter((n) => n !== focus && close.has(n))] : order;
    for (const n of named) {
      if (shown >= most || tried > 40 * most) break;
      const middle = px(n), y = py(n) + radius(n) + (asked.has(n) ? 4 : 2);
      if (middle < 0 || y < 0 || middle > width || y > height - 8) continue;
      tried++;
      pen.font = `${n === focus ? 600 : 400} ${n === focus ? 13 : 11.5}px system-ui, sans-serif`;
      const text = net.names[n].length > 38 ? `${net.names[n].slice(0, 37)}…` : net.names[n];
      const half = pen.measureText(text).width / 2 + 3;
      const x = Math.min(Math.max(middle, half), width - half); // inside the drawing
      if (n !== focus && taken.some(([l, t, r, b]) => x - half < r && x + half > l && y < b && y + 15 > t)) continue;
      taken.push([x - half, y, x + half, y + 15]);
      pen.lineWidth = 3; pen.strokeStyle = halo; pen.strokeText(text, x, y);
      pen.fillStyle = n === focus ? accent : ink; pen.fillText(text, x, y);
      labelled.push([text, x, y]);
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
    if (n !== hovered) { hovered = n; canvas.classList.toggle("over", n >= 0); if (took < 2 * SLOW) paint(); }
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
      tip.hidden = true; paint(true);
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
    event.preventDefault(); act(); paint(true);
  });

  // Search.
  let results = [], active = -1, plainNames, plainLinks;
  const showResults = () => {
    found.replaceChildren(...results.map((n, place) => {
      const item = element("li");
      item.id = `found-${place}`; item.setAttribute("role", "option"); item.setAttribute("aria-selected", place === active);
      item.append(element("bdi", net.names[n]), element("small", counted(weight[n], net.directed ? "follower" : "link")));
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(place); });
      return item;
    }));
    if (!found.children.length) found.append(element("li", net.unknown
      ? `Nobody of that name is among the ${figure(count)} most connected; ${figure(net.unknown)} others are not drawn`
      : "Nobody of that name is in this network"));
    found.hidden = !box.value.trim();
    box.setAttribute("aria-expanded", String(!found.hidden));
    if (active >= 0) box.setAttribute("aria-activedescendant", `found-${active}`); else box.removeAttribute("aria-activedescendant");
  };
  const close = () => { found.hidden = true; box.setAttribute("aria-expanded", "false"); };
  const take = (place) => { if (results[place] !== undefined) { choose(results[place], true); close(); } };
  const search = () => {
    plainNames ??= net.names.map(plain);
    plainLinks ??= net.links.map(plain);
    const text = plain(box.value.trim());
    const begins = [], holds = [];
    if (text) for (const n of order) {
      if (plainNames[n].startsWith(text)) begins.push(n);
      else if (plainNames[n].includes(text) || plainLinks[n].includes(text)) holds.push(n);
    }
    results = [...begins, ...holds].slice(0, 20); active = results.length ? 0 : -1;
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
      if (net.star && place === 12 && colourBy.value === "group") continue; // the one in the middle
      const item = element("li");
      item.append(element("i", "", `key c${place}`));
      if (place === 12) item.append("others");
      else if (colourBy.value === "group") item.append(net.star ? "" : `${place + 1}: `, element("bdi", net.communities[place] ?? `around ${net.names[first]}`));
      else item.append(region(net.countries[first]));
      items.push(item);
    }
    find("legend").replaceChildren(...items);
  };
  explain();

  const name = canvas.dataset.name;
  find("save-png").addEventListener("click", () => {
    draw();
    const whole = document.createElement("canvas"), drawer = whole.getContext("2d");
    [whole.width, whole.height] = [canvas.width, canvas.height];
    drawer.fillStyle = paper;
    drawer.fillRect(0, 0, whole.width, whole.height);
    drawer.drawImage(canvas, 0, 0);
    whole.toBlob((blob) => save(blob, fileName(name, "png")));
  });
  // The same view as shapes: links, dots, the names that are seen.
  const escaped = (text) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
  find("save-svg").addEventListener("click", () => {
    const one = (n) => n.toFixed(1), parts = [];
    parts.push(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`);
    parts.push(`<rect width="100%" height="100%" fill="${paper}"/>`);
    const path = net.source.map((a, n) => `M${one(px(a))} ${one(py(a))}L${one(px(net.target[n]))} ${one(py(net.target[n]))}`);
    parts.push(`<path d="${path.join("")}" stroke="rgb(${link})" stroke-opacity="${linkAlpha}" stroke-width="0.7" fill="none"/>`);
    for (let i = count - 1; i >= 0; i--) {
      const n = order[i];
      parts.push(`<circle cx="${one(px(n))}" cy="${one(py(n))}" r="${one(radius(n))}" fill="${palette[group(n)]}"/>`);
    }
    const words = `font-family="sans-serif" text-anchor="middle" paint-order="stroke" stroke="${halo}" stroke-width="3" fill="${ink}"`;
    for (const [text, x, y] of labelled) parts.push(`<text x="${one(x)}" y="${one(y + 11)}" font-size="11.5" ${words}>${escaped(text)}</text>`);
    parts.push(`<text x="${width - 8}" y="${height - 8}" font-size="11" font-family="sans-serif" text-anchor="end" fill="${soft}">${escaped(source)}</text></svg>`);
    save(new Blob(parts, { type: "image/svg+xml" }), fileName(name, "svg"));
  });

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
};

const networkData = document.getElementById("network-data");
if (networkData) drawNetwork(networkData);
