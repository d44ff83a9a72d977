// Made by `make web` from web/dissect; do not edit.
(() => {
  // web/dissect/data.ts
  function tablesOf(stored) {
    var _a, _b;
    if (stored?.image === void 0)
      return stored;
    const { image, ...rest } = stored;
    const tables = { ...rest, picture: {}, map: {}, mask: [] };
    for (const [number, seen] of Object.entries(image)) {
      tables.picture[number] = seen.picture;
      tables.map[number] = seen.map;
      for (const [layer, unit, place, mask] of seen.mask)
        ((_b = (_a = tables.mask)[layer] ?? (_a[layer] = []))[unit] ?? (_b[unit] = []))[place] = mask;
    }
    return tables;
  }
  function bytesOf(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++)
      bytes[i] = text.charCodeAt(i);
    return bytes;
  }
  function numbersOf(base64) {
    const numbers = [];
    let value = 0;
    let shift = 0;
    for (const byte of bytesOf(base64)) {
      value += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128) {
        numbers.push(value);
        value = shift = 0;
      }
    }
    return numbers;
  }
  function maskOf(p, layer, unit, place) {
    const mask = new Uint8Array(p.side * p.side);
    let at = 0;
    numbersOf(p.mask[layer]?.[unit]?.[place] ?? "").forEach((length, i) => {
      mask.fill(i % 2, at, at + length);
      at += length;
    });
    return mask;
  }
  function mapOf(p, image) {
    const map = new Uint16Array(p.planes * p.side * p.side);
    const runs = numbersOf(p.map[image] ?? "");
    let at = 0;
    for (let i = 0; i + 1 < runs.length; i += 2) {
      map.fill(runs[i + 1], at, at + runs[i]);
      at += runs[i];
    }
    return map;
  }
  var categoryPlanes = /* @__PURE__ */ new WeakMap();
  function planesOf(p) {
    let found = categoryPlanes.get(p);
    if (found !== void 0)
      return found;
    found = /* @__PURE__ */ new Map();
    const area = p.side * p.side;
    for (const map of Object.values(p.map)) {
      const runs = numbersOf(map);
      for (let i = 0, at = 0; i + 1 < runs.length; at += runs[i], i += 2) {
        if (runs[i + 1] === 0)
          continue;
        const cat = p.labels[runs[i + 1]][1];
        if (!found.has(cat))
          found.set(cat, /* @__PURE__ */ new Set());
        found.get(cat).add(Math.floor(at / area));
      }
    }
    categoryPlanes.set(p, found);
    return found;
  }
  function planesFor(p, category) {
    const usual = p.planes > 1 ? [0, 1] : [0];
    const own = [...planesOf(p).get(category) ?? []];
    return own.length === 0 || own.some((d) => usual.includes(d)) ? usual : own;
  }
  function seenOf(p, image, planes) {
    const area = p.side * p.side;
    const map = mapOf(p, image);
    const seen = new Uint16Array(area);
    for (const d of planes)
      for (let i = 0; i < area; i++)
        seen[i] = map[d * area + i] || seen[i];
    return seen;
  }
  function whereIs(p, image, planes, label) {
    const area = p.side * p.side;
    const where = new Uint8Array(area);
    const map = label === 0 ? seenOf(p, image, planes) : mapOf(p, image);
    map.forEach((is, i) => {
      if (is === label)
        where[i % area] = 1;
    });
    return where;
  }
  function keysOf(p, images, planes) {
    const share2 = /* @__PURE__ */ new Map();
    for (const image of images)
      for (const label of new Set(seenOf(p, image, planes)))
        share2.set(label, 0);
    const all = images.length * p.side * p.side;
    for (const [label] of share2) {
      let n = 0;
      for (const image of images)
        for (const on of whereIs(p, image, planes, label))
          n += on;
      share2.set(label, n / all);
    }
    return [...share2].sort((a, b) => Number(a[0] === 0) - Number(b[0] === 0) || b[1] - a[1] || a[0] - b[0]).map(([label, n]) => {
      const [name, cat] = label > 0 ? p.labels[label] : ["no label", ""];
      return { label, name, cat, share: n };
    });
  }
  function parseScript(root, id) {
    const element = root.querySelector(`script#${id}`);
    return element?.textContent ? JSON.parse(element.textContent) : null;
  }
  function loadFrom(root) {
    const dissection = parseScript(root, "dissection");
    if (dissection === null)
      throw new Error("there is no dissection in it");
    return check({ dissection, pictures: tablesOf(parseScript(root, "pictures")) });
  }
  function loadText(text) {
    if (text.trimStart().startsWith("{"))
      return check({ dissection: JSON.parse(text), pictures: null });
    return loadFrom(new DOMParser().parseFromString(text, "text/html"));
  }
  function check(loaded) {
    const layers = loaded.dissection.layers;
    if (!Array.isArray(layers) || layers.length === 0 || !layers.every((l) => Array.isArray(l.units)))
      throw new Error("it has no layers with units");
    return loaded;
  }
  function bestOf(u) {
    if (u.labels)
      return u.labels[0] ?? null;
    if (u.iou_label === void 0 || u.iou === void 0)
      return null;
    return {
      label: u.iou_label,
      cat: u.iou_cat ?? "",
      labelnum: u.iou_labelnum ?? 0,
      iou: u.iou,
      iqr: u.iou_iqr
    };
  }
  function standsFor(u) {
    return bestOf(u) !== null && (u.above_chance ?? u.interp);
  }

  // web/dissect/dom.ts
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      if (typeof value === "string")
        element.setAttribute(name, value);
      else
        element.toggleAttribute(name, value);
    element.append(...children);
    return element;
  }
  var share = (x) => x.toFixed(3);
  var percent = (x) => x > 0 && x < 0.01 ? "under 1 %" : `${Math.round(100 * x)} %`;
  function say(sentence) {
    const place = document.getElementById("said");
    if (place !== null)
      place.textContent = sentence;
  }

  // web/dissect/draw.ts
  var basic = {
    black: [24, 24, 24],
    white: [250, 250, 250],
    red: [220, 30, 30],
    green: [40, 160, 50],
    yellow: [240, 220, 40],
    blue: [40, 80, 220],
    brown: [130, 80, 40],
    purple: [140, 60, 170],
    pink: [250, 150, 190],
    orange: [245, 140, 30],
    grey: [140, 140, 140]
  };
  function colorOf(label, name, category) {
    if (label === 0)
      return [0, 0, 0];
    const named = category === "color" ? basic[name.replace(/ \(color\)$/, "")] : void 0;
    if (named !== void 0)
      return named;
    const hue = label * 137.508 % 360;
    const light = 0.42 + 0.14 * (label % 3);
    const chroma = (1 - Math.abs(2 * light - 1)) * 0.85;
    const part = (shift) => {
      const k = (shift + hue / 30) % 12;
      const value = light - chroma / 2 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
      return Math.round(255 * value);
    };
    return [part(0), part(8), part(4)];
  }
  function spread(mask, side, w, h) {
    const on = new Uint8Array(w * h);
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        on[y * w + x] = mask[Math.floor(y * side / h) * side + Math.floor(x * side / w)];
    const out = on.slice();
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        if (on[y * w + x] === 0)
          continue;
        const off = x > 0 && on[y * w + x - 1] === 0 || x + 1 < w && on[y * w + x + 1] === 0 || y > 0 && on[(y - 1) * w + x] === 0 || y + 1 < h && on[(y + 1) * w + x] === 0;
        if (off)
          out[y * w + x] = 2;
      }
    return out;
  }
  function darken(image, mask, side) {
    const where = spread(mask, side, image.width, image.height);
    for (let i = 0; i < where.length; i++) {
      if (where[i] === 1)
        continue;
      for (let c = 0; c < 3; c++)
        image.data[4 * i + c] = where[i] === 2 ? [200, 200, 0][c] : Math.floor(image.data[4 * i + c] * 0.4);
    }
  }
  function color(image, p, tile) {
    const side = p.side;
    const seen = seenOf(p, tile.image, tile.planes);
    const on = tile.only === null ? null : whereIs(p, tile.image, tile.planes, tile.only);
    const colors = /* @__PURE__ */ new Map();
    for (const label of [...new Set(seen), tile.only ?? 0]) {
      const [name, category] = p.labels[label] ?? ["", ""];
      colors.set(label, colorOf(label, name, category));
    }
    for (let y = 0; y < image.height; y++)
      for (let x = 0; x < image.width; x++) {
        const from = Math.floor(y * side / image.height) * side + Math.floor(x * side / image.width);
        const at = 4 * (y * image.width + x);
        const rgb = colors.get(tile.only ?? seen[from]);
        for (let c = 0; c < 3; c++)
          image.data[at + c] = on === null || on[from] === 1 ? rgb[c] : Math.floor(image.data[at + c] * 0.4);
      }
  }
  var decoded = /* @__PURE__ */ new Map();
  function bitmapOf(p, image) {
    const text = p.picture[image] ?? "";
    let bitmap = decoded.get(text);
    if (bitmap === void 0) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      bitmap = createImageBitmap(new Blob([bytes], { type: "image/png" }));
      decoded.set(text, bitmap);
    }
    return bitmap;
  }
  async function drawTile(canvas, p, tile, overlay, zoom) {
    const bitmap = await bitmapOf(p, tile.image);
    canvas.width = p.width * zoom;
    canvas.height = p.height * zoom;
    const context = canvas.getContext("2d");
    if (context === null)
      return;
    context.imageSmoothingEnabled = false;
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    if (overlay === "none")
      return;
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    if (overlay === "mask")
      darken(image, maskOf(p, tile.layer, tile.unit, tile.place), p.side);
    else
      color(image, p, tile);
    context.putImageData(image, 0, 0);
  }
  function labelsAt(p, image, x, y) {
    const map = mapOf(p, image);
    const last = p.side - 1;
    const at = Math.min(last, Math.floor(y * p.side)) * p.side + Math.min(last, Math.floor(x * p.side));
    const names = [];
    for (let d = 0; d < p.planes; d++) {
      const label = map[d * p.side * p.side + at];
      if (label > 0)
        names.push(`${p.labels[label][0]} (${p.labels[label][1]})`);
    }
    return names;
  }

  // web/dissect/pane.ts
  var orders = [
    ["label", "label"],
    ["iou", "IoU"],
    ["iqr", "information quality ratio"],
    ["cor", "correlation"],
    ["unit", "number"],
    ["level", "threshold"]
  ];
  function ordersOf(layer) {
    const known = layer.units.some((u) => u.cor !== void 0);
    return orders.filter(([order]) => order !== "cor" || known);
  }
  function matches(u, c) {
    const best = bestOf(u);
    if (c.which === "interpretable" && !u.interp)
      return false;
    if (c.which === "chance" && !standsFor(u))
      return false;
    if (c.category !== "" && best?.cat !== c.category)
      return false;
    if (c.label !== "" && best?.label !== c.label)
      return false;
    const words = c.words.trim().toLowerCase();
    if (words === "")
      return true;
    if (/^#?\d+$/.test(words))
      return u.unit === Number(words.replace("#", ""));
    const findings = u.labels ?? (best ? [best] : []);
    return findings.some((f) => f.label.toLowerCase().includes(words));
  }
  function sorted(layer, order) {
    const count = /* @__PURE__ */ new Map();
    for (const u of layer.units)
      if (standsFor(u))
        count.set(bestOf(u).label, (count.get(bestOf(u).label) ?? 0) + 1);
    const key = (u) => {
      const best = bestOf(u);
      if (order === "unit")
        return [u.unit];
      if (order === "level")
        return [-u.level, u.unit];
      if (order === "iou")
        return [-(best?.iou ?? 0), u.unit];
      if (order === "cor")
        return [-(u.cor ?? -1), u.unit];
      if (order === "iqr")
        return [-(best?.iqr ?? 0), u.unit];
      const label = best?.label ?? "";
      return [standsFor(u) ? 0 : 1, -(count.get(label) ?? 0), label, -(best?.iou ?? 0), u.unit];
    };
    const compare = (a, b) => {
      const x = key(a);
      const y = key(b);
      for (let i = 0; i < x.length; i++)
        if (x[i] !== y[i])
          return x[i] < y[i] ? -1 : 1;
      return 0;
    };
    return layer.units.slice().sort(compare);
  }
  function barsOf(layer, chosen, choose) {
    const groups = /* @__PURE__ */ new Map();
    for (const u of layer.units) {
      const best = bestOf(u);
      if (best === null || !standsFor(u))
        continue;
      const g = groups.get(best.label) ?? { cat: best.cat, units: 0, best: 0, labelnum: best.labelnum };
      g.units++;
      g.best = Math.max(g.best, best.iou);
      groups.set(best.label, g);
    }
    const most = Math.max(1, ...[...groups.values()].map((g) => g.units));
    const categories = [...new Set([...layer.labels ?? [], ...groups.values()].map((g) => g.cat))].filter(
      (cat) => [...groups.values()].some((g) => g.cat === cat)
    );
    const longest = Math.max(0, ...[...groups.keys()].map((label) => label.length));
    const chart = make("div", {
      class: "bars",
      role: "group",
      "aria-label": "units by label",
      // room for the longest name, and no more than that
      style: `--names:${Math.min(6.5, 0.5 * longest + 0.8)}rem`
    });
    for (const cat of categories) {
      const list = make("div", { class: "category" });
      const of = [...groups].filter(([, g]) => g.cat === cat);
      of.sort((a, b) => b[1].units - a[1].units || b[1].best - a[1].best);
      for (const [label, g] of of) {
        const [r, gr, b] = colorOf(g.labelnum, label, cat);
        const bar = make(
          "button",
          {
            type: "button",
            class: "bar",
            "aria-pressed": String(label === chosen),
            title: `${label}: ${g.units} units, best IoU ${share(g.best)}`
          },
          make("span", {
            class: "length",
            style: `height:${Math.max(3, 100 * g.units / most)}px;background:rgb(${r},${gr},${b})`
          }),
          make("span", { class: "count" }, String(g.units)),
          make("span", { class: "name" }, label)
        );
        bar.addEventListener("click", () => choose(label === chosen ? "" : label));
        list.append(bar);
      }
      chart.append(make("div", {}, list, make("div", { class: "cat" }, cat)));
    }
    if (groups.size === 0)
      chart.append(make("p", {}, "No unit of this layer stands for a label."));
    return chart;
  }
  function findingLine(f) {
    const interval = f.interval ? ` (${share(f.interval[0])} to ${share(f.interval[1])})` : "";
    const chance = f.chance !== void 0 ? `, chance level ${share(f.chance)}` : "";
    const iqr = f.iqr !== void 0 ? `, IQR ${share(f.iqr)}` : "";
    return `IoU ${share(f.iou)}${interval}${iqr}${chance}`;
  }
  function cardOf(loaded, at, u, overlay) {
    const best = bestOf(u);
    const name = best?.label ?? "no label";
    const card = make("article", { class: standsFor(u) ? "card" : "card faint" });
    card.append(
      make(
        "h3",
        {},
        make("span", { class: "name" }, name),
        ` unit ${u.unit}`,
        make("span", { class: "cat" }, best?.cat ?? "")
      ),
      make("p", {}, best ? findingLine(best) : `threshold ${u.level.toPrecision(4)}`)
    );
    if (u.labels && u.labels.length > 1)
      card.append(
        make(
          "p",
          { class: "others" },
          "also " + u.labels.slice(1).map((f) => `${f.label} ${share(f.iou)}`).join(", ")
        )
      );
    if (u.cor !== void 0)
      card.append(make("p", {}, `correlation ${u.cor.toFixed(2)} (${u.cor_label ?? "no label"})`));
    if (loaded.pictures !== null)
      card.append(...stripOf(loaded, at, u, overlay));
    return card;
  }
  function stripOf(loaded, layer, u, overlay) {
    const p = loaded.pictures;
    const zoom = Math.max(1, Math.round(96 / p.width));
    const strip = make("div", { class: "strip" });
    const planes = planesFor(p, bestOf(u)?.cat ?? "");
    const images = u.top.map((top) => top.imgnum).filter((image) => p.picture[image] !== void 0);
    let only = null;
    const legend = legendOf(
      () => overlay() === "labels" ? keysOf(p, images, planes) : [],
      (label) => {
        only = label;
        for (const canvas of strip.children)
          canvas.dispatchEvent(new Event("redraw"));
      }
    );
    u.top.forEach((top, place) => {
      if (p.picture[top.imgnum] === void 0)
        return;
      const canvas = make("canvas", {
        width: String(p.width * zoom),
        height: String(p.height * zoom),
        tabindex: "0",
        role: "img",
        "aria-label": `image ${top.imgnum}, activation up to ${top.maxact.toPrecision(3)}; arrow keys read labels`
      });
      const redraw = () => {
        const tile = { layer, unit: u.unit, place, image: top.imgnum, planes, only };
        void drawTile(canvas, p, tile, overlay(), zoom);
      };
      canvas.addEventListener("redraw", redraw);
      listen(canvas, (x, y) => {
        const names = labelsAt(p, top.imgnum, x, y);
        say(`image ${top.imgnum}, row ${Math.floor(y * p.height)}, column ${Math.floor(x * p.width)}: ` + (names.length > 0 ? names.join(", ") : "no label"));
      });
      strip.append(canvas);
    });
    return [strip, legend];
  }
  function legendOf(keys, choose) {
    const legend = make("div", { class: "legend", role: "group", "aria-label": "colours of labels" });
    let alone = false;
    const press = (button, key) => {
      const on = button.getAttribute("aria-pressed") !== "true";
      for (const other of legend.children)
        other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(on));
      alone = on;
      choose(on ? key.label : null);
      const much = `${percent(key.share)} of these pictures`;
      say(on ? `${key.name} alone, ${much}` : `all labels; ${key.name} is ${much}`);
    };
    legend.addEventListener("redraw", () => {
      if (alone)
        choose(null);
      alone = false;
      legend.replaceChildren(
        ...keys().map((key, i) => {
          const [r, g, b] = colorOf(key.label, key.name, key.cat);
          const button = make(
            "button",
            {
              type: "button",
              tabindex: i === 0 ? "0" : "-1",
              "aria-pressed": "false",
              title: `${percent(key.share)} of these pictures`
            },
            make("span", { class: "swatch", style: `background:rgb(${r},${g},${b})` }),
            key.name
          );
          button.addEventListener("click", () => press(button, key));
          return button;
        })
      );
    });
    legend.addEventListener("keydown", (e) => {
      const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
      const all = [...legend.children];
      const at = all.indexOf(e.target);
      if (by === 0 || at < 0)
        return;
      e.preventDefault();
      const next = all[(at + by + all.length) % all.length];
      all[at].tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
    return legend;
  }
  function listen(canvas, chosen) {
    let x = 0.5;
    let y = 0.5;
    canvas.addEventListener("click", (e) => {
      x = e.offsetX / canvas.clientWidth;
      y = e.offsetY / canvas.clientHeight;
      chosen(x, y);
    });
    canvas.addEventListener("keydown", (e) => {
      const step = 1 / 32;
      const move = {
        ArrowLeft: [-step, 0],
        ArrowRight: [step, 0],
        ArrowUp: [0, -step],
        ArrowDown: [0, step]
      };
      const by = move[e.key];
      if (by === void 0)
        return;
      e.preventDefault();
      x = Math.min(0.999, Math.max(0, x + by[0]));
      y = Math.min(0.999, Math.max(0, y + by[1]));
      chosen(x, y);
    });
  }
  var Pane = class {
    constructor(loaded, title) {
      this.loaded = loaded;
      this.title = title;
      this.root = make("section", { class: "pane" });
      this.choice = { order: "label", which: "all", category: "", label: "", words: "" };
      this.layer = 0;
      this.overlay = "mask";
      this.seen = null;
      this.show();
    }
    select(layer) {
      this.layer = layer;
      this.choice.label = "";
      if (!ordersOf(this.current).some(([order]) => order === this.choice.order))
        this.choice.order = "label";
      this.show();
    }
    setOverlay(overlay) {
      this.overlay = overlay;
      for (const drawn of this.root.querySelectorAll("[data-drawn]"))
        drawn.dispatchEvent(new Event("redraw"));
    }
    focusSearch() {
      this.root.querySelector("input[type=search]")?.focus();
    }
    get current() {
      return this.loaded.dissection.layers[this.layer];
    }
    show() {
      const cards = make("div", { class: "cards" });
      const bars = make("div", {});
      this.root.replaceChildren(
        make("h2", {}, this.title),
        this.tabs(),
        this.summary(),
        bars,
        this.controls(() => this.fill(cards, bars)),
        cards
      );
      this.fill(cards, bars);
    }
    fill(cards, bars) {
      const choose = (label) => {
        this.choice.label = label;
        this.fill(cards, bars);
      };
      bars.replaceChildren(barsOf(this.current, this.choice.label, choose));
      const units = sorted(this.current, this.choice.order).filter((u) => matches(u, this.choice));
      cards.replaceChildren(
        ...units.map((u) => cardOf(this.loaded, this.layer, u, () => this.overlay))
      );
      if (units.length === 0)
        cards.append(make("p", {}, "No unit is like that."));
      say(`${this.current.layer}: ${units.length} of ${this.current.units.length} units`);
      this.watch(cards);
    }
    // Strips are drawn when they come near the window, so that 512 units open at once.
    watch(cards) {
      this.seen?.disconnect();
      this.seen = new IntersectionObserver(
        (entries) => {
          for (const e of entries)
            if (e.isIntersecting) {
              for (const drawn of e.target.querySelectorAll("canvas, .legend")) {
                drawn.setAttribute("data-drawn", "");
                drawn.dispatchEvent(new Event("redraw"));
              }
              this.seen?.unobserve(e.target);
            }
        },
        { rootMargin: "400px" }
      );
      for (const card of cards.querySelectorAll(".card"))
        this.seen.observe(card);
    }
    tabs() {
      const list = make("div", { class: "tabs", role: "tablist", "aria-label": "layers" });
      this.loaded.dissection.layers.forEach((l, i) => {
        const tab = make(
          "button",
          {
            type: "button",
            role: "tab",
            "aria-selected": String(i === this.layer),
            tabindex: i === this.layer ? "0" : "-1"
          },
          l.layer
        );
        tab.addEventListener("click", () => this.select(i));
        list.append(tab);
      });
      list.addEventListener("keydown", (e) => {
        const n = this.loaded.dissection.layers.length;
        const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? n - 1 : 0;
        if (by === 0)
          return;
        this.select((this.layer + by) % n);
        this.root.querySelector("[role=tab][aria-selected=true]")?.focus();
      });
      return list;
    }
    summary() {
      const l = this.current;
      const s = l.summary;
      const shape = l.shape ? `${l.shape[0]} units of ${l.shape[1]}x${l.shape[2]}` : `${l.units.length} units`;
      if (s === void 0) {
        const labels = new Set(l.units.filter(standsFor).map((u) => bestOf(u).label)).size;
        const found2 = l.units.some((u) => bestOf(u) !== null) ? `${l.interpretable} interpretable, for ${labels} labels` : "without labels";
        return make("p", {}, `${shape}: ${found2}`);
      }
      const chance = s.chance_iou >= 0 ? `; the labels' mean chance level is ${share(s.chance_iou)}` : "";
      const found = s.chance_iou >= 0 ? `${s.above_chance} stand for ${s.concepts} labels (above chance), ${s.interpretable} are interpretable` : `${s.interpretable} are interpretable; chance was not measured`;
      return make(
        "p",
        {},
        `${shape}: ${found}. IoU ${share(s.mean_iou)} on average, ${share(s.best_iou)} at best${chance}. A unit's first label is the one that chose its threshold (rule 2018-iqr) or has the largest IoU (other rules). Within the yellow line the unit is active.`
      );
    }
    controls(changed) {
      const select = (name, options, value, set) => {
        const box = make("select", {});
        for (const [v, words] of options)
          box.append(make("option", { value: v, selected: v === value }, words));
        box.addEventListener("change", () => {
          set(box.value);
          changed();
        });
        return make("label", {}, name + " ", box);
      };
      const categories = [...new Set(this.current.units.map((u) => bestOf(u)?.cat ?? ""))].filter(Boolean);
      const search = make("input", { type: "search", placeholder: "label or number", value: this.choice.words });
      search.addEventListener("input", () => {
        this.choice.words = search.value;
        changed();
      });
      return make(
        "div",
        { class: "controls" },
        select("order by", ordersOf(this.current), this.choice.order, (v) => this.choice.order = v),
        select(
          "show",
          [
            ["all", "all units"],
            ["interpretable", "interpretable"],
            ["chance", "above chance"]
          ],
          this.choice.which,
          (v) => this.choice.which = v
        ),
        select(
          "of",
          [["", "all categories"], ...categories.map((c) => [c, c])],
          this.choice.category,
          (v) => this.choice.category = v
        ),
        make("label", {}, "find ", search)
      );
    }
  };

  // web/dissect/main.ts
  var overlays = [
    ["mask", "where the unit is active", "m"],
    ["labels", "what the pixels are", "l"],
    ["none", "the pictures alone", "n"]
  ];
  function start() {
    const loaded = loadFrom(document);
    const panes = document.getElementById("panes");
    const first = new Pane(loaded, loaded.dissection.netname);
    let second = null;
    panes.append(first.root);
    const beside = (other, title) => {
      second?.root.remove();
      second = new Pane(other, title);
      panes.append(second.root);
      panes.classList.add("two");
    };
    const alone = () => {
      second?.root.remove();
      second = null;
      panes.classList.remove("two");
    };
    const setOverlay = (overlay) => {
      first.setOverlay(overlay);
      second?.setOverlay(overlay);
      const radio = document.querySelector(`input[name=overlay][value=${overlay}]`);
      if (radio !== null)
        radio.checked = true;
    };
    const tools = document.getElementById("tools");
    tools.append(overlayTool(setOverlay), besideTool(loaded, beside, alone));
    document.addEventListener("keydown", (e) => {
      const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement;
      if (typing || e.ctrlKey || e.metaKey || e.altKey)
        return;
      const overlay = overlays.find((o) => o[2] === e.key);
      if (overlay !== void 0)
        setOverlay(overlay[0]);
      if (e.key === "/") {
        e.preventDefault();
        first.focusSearch();
      }
    });
  }
  function overlayTool(set) {
    const box = make("fieldset", {}, make("legend", {}, "pictures show"));
    for (const [value, words, key] of overlays) {
      const radio = make("input", { type: "radio", name: "overlay", value, checked: value === "mask" });
      radio.addEventListener("change", () => set(value));
      box.append(make("label", {}, radio, ` ${words} `, make("kbd", {}, key)));
    }
    return box;
  }
  function besideTool(own, beside, alone) {
    const same = make("button", { type: "button" }, "another layer beside it");
    same.addEventListener("click", () => beside(own, own.dissection.netname));
    const close = make("button", { type: "button" }, "one pane");
    close.addEventListener("click", alone);
    const file = make("input", { type: "file", accept: ".html,.json" });
    file.addEventListener("change", () => {
      const chosen = file.files?.[0];
      if (chosen === void 0)
        return;
      chosen.text().then((text) => beside(loadText(text), chosen.name)).catch((e) => say(`${chosen.name} cannot be shown: ${e.message}`));
    });
    return make(
      "fieldset",
      {},
      make("legend", {}, "side by side"),
      same,
      make("label", {}, "another dissection ", file),
      close
    );
  }
  try {
    start();
  } catch (e) {
    say(`This page cannot be shown: ${e.message}`);
  }
})();
