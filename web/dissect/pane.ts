// pane.ts - one layer of one dissection: its bars, its controls, its units.
import { Finding, Key, Layer, Loaded, Unit, bestOf, keysOf, planesFor, standsFor } from "./data";
import { Overlay, colorOf, drawTile, labelsAt } from "./draw";
import { make, percent, say, share } from "./dom";

type Order = "label" | "iou" | "iqr" | "cor" | "unit" | "level";

interface Choice {
  order: Order;
  which: "all" | "interpretable" | "chance";
  category: string; // "" for all
  label: string; // "" for all
  words: string;
}

const orders: [Order, string][] = [
  ["label", "label"],
  ["iou", "IoU"],
  ["iqr", "information quality ratio"],
  ["cor", "correlation"],
  ["unit", "number"],
  ["level", "threshold"],
];

// Correlation is only there where it was asked for.
function ordersOf(layer: Layer): [Order, string][] {
  const known = layer.units.some((u) => u.cor !== undefined);
  return orders.filter(([order]) => order !== "cor" || known);
}

function matches(u: Unit, c: Choice): boolean {
  const best = bestOf(u);
  if (c.which === "interpretable" && !u.interp) return false;
  if (c.which === "chance" && !standsFor(u)) return false;
  if (c.category !== "" && best?.cat !== c.category) return false;
  if (c.label !== "" && best?.label !== c.label) return false;
  const words = c.words.trim().toLowerCase();
  if (words === "") return true;
  if (/^#?\d+$/.test(words)) return u.unit === Number(words.replace("#", ""));
  const findings = u.labels ?? (best ? [best] : []);
  return findings.some((f) => f.label.toLowerCase().includes(words));
}

// Interpretable units first, labels of many units before those of few, then the better IoU.
function sorted(layer: Layer, order: Order): Unit[] {
  const count = new Map<string, number>();
  for (const u of layer.units)
    if (standsFor(u)) count.set(bestOf(u)!.label, (count.get(bestOf(u)!.label) ?? 0) + 1);
  const key = (u: Unit): (number | string)[] => {
    const best = bestOf(u);
    if (order === "unit") return [u.unit];
    if (order === "level") return [-u.level, u.unit];
    if (order === "iou") return [-(best?.iou ?? 0), u.unit];
    if (order === "cor") return [-(u.cor ?? -1), u.unit];
    if (order === "iqr") return [-(best?.iqr ?? 0), u.unit];
    const label = best?.label ?? "";
    return [standsFor(u) ? 0 : 1, -(count.get(label) ?? 0), label, -(best?.iou ?? 0), u.unit];
  };
  const compare = (a: Unit, b: Unit): number => {
    const x = key(a);
    const y = key(b);
    for (let i = 0; i < x.length; i++)
      if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
  };
  return layer.units.slice().sort(compare);
}

// ---- bars ---------------------------------------------------------------------------------------

function barsOf(layer: Layer, chosen: string, choose: (label: string) => void): HTMLElement {
  const groups = new Map<string, { cat: string; units: number; best: number; labelnum: number }>();
  for (const u of layer.units) {
    const best = bestOf(u);
    if (best === null || !standsFor(u)) continue;
    const g = groups.get(best.label) ?? { cat: best.cat, units: 0, best: 0, labelnum: best.labelnum };
    g.units++;
    g.best = Math.max(g.best, best.iou);
    groups.set(best.label, g);
  }
  const most = Math.max(1, ...[...groups.values()].map((g) => g.units));
  const categories = [...new Set([...(layer.labels ?? []), ...groups.values()].map((g) => g.cat))].filter(
    (cat) => [...groups.values()].some((g) => g.cat === cat),
  );
  const longest = Math.max(0, ...[...groups.keys()].map((label) => label.length));
  const chart = make("div", {
    class: "bars",
    role: "group",
    "aria-label": "units by label",
    // room for the longest name, and no more than that
    style: `--names:${Math.min(6.5, 0.5 * longest + 0.8)}rem`,
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
          title: `${label}: ${g.units} units, best IoU ${share(g.best)}`,
        },
        make("span", {
          class: "length",
          style: `height:${Math.max(3, (100 * g.units) / most)}px;background:rgb(${r},${gr},${b})`,
        }),
        make("span", { class: "count" }, String(g.units)),
        make("span", { class: "name" }, label),
      );
      bar.addEventListener("click", () => choose(label === chosen ? "" : label));
      list.append(bar);
    }
    chart.append(make("div", {}, list, make("div", { class: "cat" }, cat)));
  }
  if (groups.size === 0) chart.append(make("p", {}, "No unit of this layer stands for a label."));
  return chart;
}

// ---- cards --------------------------------------------------------------------------------------

function findingLine(f: Finding): string {
  const interval = f.interval ? ` (${share(f.interval[0])} to ${share(f.interval[1])})` : "";
  const chance = f.chance !== undefined ? `, chance level ${share(f.chance)}` : "";
  const iqr = f.iqr !== undefined ? `, IQR ${share(f.iqr)}` : "";
  return `IoU ${share(f.iou)}${interval}${iqr}${chance}`;
}

function cardOf(loaded: Loaded, at: number, u: Unit, overlay: () => Overlay): HTMLElement {
  const best = bestOf(u);
  const name = best?.label ?? "no label";
  const card = make("article", { class: standsFor(u) ? "card" : "card faint" });
  card.append(
    make(
      "h3",
      {},
      make("span", { class: "name" }, name),
      ` unit ${u.unit}`,
      make("span", { class: "cat" }, best?.cat ?? ""),
    ),
    make("p", {}, best ? findingLine(best) : `threshold ${u.level.toPrecision(4)}`),
  );
  if (u.labels && u.labels.length > 1)
    card.append(
      make(
        "p",
        { class: "others" },
        "also " + u.labels.slice(1).map((f) => `${f.label} ${share(f.iou)}`).join(", "),
      ),
    );
  if (u.cor !== undefined)
    card.append(make("p", {}, `correlation ${u.cor.toFixed(2)} (${u.cor_label ?? "no label"})`));
  if (loaded.pictures !== null) card.append(...stripOf(loaded, at, u, overlay));
  return card;
}

// A unit's top images, and what the colours mean that their pixels are shown in.
function stripOf(loaded: Loaded, layer: number, u: Unit, overlay: () => Overlay): HTMLElement[] {
  const p = loaded.pictures!;
  const zoom = Math.max(1, Math.round(96 / p.width));
  const strip = make("div", { class: "strip" });
  const planes = planesFor(p, bestOf(u)?.cat ?? "");
  const images = u.top.map((top) => top.imgnum).filter((image) => p.picture[image] !== undefined);
  let only: number | null = null;
  const legend = legendOf(
    () => (overlay() === "labels" ? keysOf(p, images, planes) : []),
    (label) => {
      only = label;
      for (const canvas of strip.children) canvas.dispatchEvent(new Event("redraw"));
    },
  );
  u.top.forEach((top, place) => {
    if (p.picture[top.imgnum] === undefined) return;
    const canvas = make("canvas", {
      width: String(p.width * zoom),
      height: String(p.height * zoom),
      tabindex: "0",
      role: "img",
      "aria-label": `image ${top.imgnum}, activation up to ${top.maxact.toPrecision(3)}; arrow keys read labels`,
    });
    const redraw = (): void => {
      const tile = { layer, unit: u.unit, place, image: top.imgnum, planes, only };
      void drawTile(canvas, p, tile, overlay(), zoom);
    };
    canvas.addEventListener("redraw", redraw);
    listen(canvas, (x, y) => {
      const names = labelsAt(p, top.imgnum, x, y);
      say(`image ${top.imgnum}, row ${Math.floor(y * p.height)}, column ${Math.floor(x * p.width)}: ` +
          (names.length > 0 ? names.join(", ") : "no label"));
    });
    strip.append(canvas);
  });
  return [strip, legend];
}

// Names beside the colours of a strip, made anew at every "redraw". One stop of the tab key; arrows
// go from name to name, and a name that is pressed is seen alone.
function legendOf(keys: () => Key[], choose: (label: number | null) => void): HTMLElement {
  const legend = make("div", { class: "legend", role: "group", "aria-label": "colours of labels" });
  let alone = false;
  const press = (button: HTMLElement, key: Key): void => {
    const on = button.getAttribute("aria-pressed") !== "true";
    for (const other of legend.children) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(on));
    alone = on;
    choose(on ? key.label : null);
    const much = `${percent(key.share)} of these pictures`;
    say(on ? `${key.name} alone, ${much}` : `all labels; ${key.name} is ${much}`);
  };
  legend.addEventListener("redraw", () => {
    if (alone) choose(null);
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
            title: `${percent(key.share)} of these pictures`,
          },
          make("span", { class: "swatch", style: `background:rgb(${r},${g},${b})` }),
          key.name,
        );
        button.addEventListener("click", () => press(button, key));
        return button;
      }),
    );
  });
  legend.addEventListener("keydown", (e) => {
    const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    const all = [...legend.children] as HTMLElement[];
    const at = all.indexOf(e.target as HTMLElement);
    if (by === 0 || at < 0) return;
    e.preventDefault();
    const next = all[(at + by + all.length) % all.length];
    all[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return legend;
}

// Clicks and arrow keys choose a place of a picture, 0..1 each way.
function listen(canvas: HTMLCanvasElement, chosen: (x: number, y: number) => void): void {
  let x = 0.5;
  let y = 0.5;
  canvas.addEventListener("click", (e) => {
    x = e.offsetX / canvas.clientWidth;
    y = e.offsetY / canvas.clientHeight;
    chosen(x, y);
  });
  canvas.addEventListener("keydown", (e) => {
    const step = 1 / 32;
    const move: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const by = move[e.key];
    if (by === undefined) return;
    e.preventDefault();
    x = Math.min(0.999, Math.max(0, x + by[0]));
    y = Math.min(0.999, Math.max(0, y + by[1]));
    chosen(x, y);
  });
}

// ---- the pane -----------------------------------------------------------------------------------

export class Pane {
  readonly root = make("section", { class: "pane" });
  private choice: Choice = { order: "label", which: "all", category: "", label: "", words: "" };
  private layer = 0;
  private overlay: Overlay = "mask";
  private seen: IntersectionObserver | null = null;

  constructor(private loaded: Loaded, private title: string) {
    this.show();
  }

  select(layer: number): void {
    this.layer = layer;
    this.choice.label = "";
    if (!ordersOf(this.current).some(([order]) => order === this.choice.order))
      this.choice.order = "label";
    this.show();
  }

  setOverlay(overlay: Overlay): void {
    this.overlay = overlay;
    for (const drawn of this.root.querySelectorAll("[data-drawn]"))
      drawn.dispatchEvent(new Event("redraw"));
  }

  focusSearch(): void {
    this.root.querySelector<HTMLInputElement>("input[type=search]")?.focus();
  }

  private get current(): Layer {
    return this.loaded.dissection.layers[this.layer];
  }

  private show(): void {
    const cards = make("div", { class: "cards" });
    const bars = make("div", {});
    this.root.replaceChildren(
      make("h2", {}, this.title),
      this.tabs(),
      this.summary(),
      bars,
      this.controls(() => this.fill(cards, bars)),
      cards,
    );
    this.fill(cards, bars);
  }

  private fill(cards: HTMLElement, bars: HTMLElement): void {
    const choose = (label: string): void => {
      this.choice.label = label;
      this.fill(cards, bars);
    };
    bars.replaceChildren(barsOf(this.current, this.choice.label, choose));
    const units = sorted(this.current, this.choice.order).filter((u) => matches(u, this.choice));
    cards.replaceChildren(
      ...units.map((u) => cardOf(this.loaded, this.layer, u, () => this.overlay)),
    );
    if (units.length === 0) cards.append(make("p", {}, "No unit is like that."));
    say(`${this.current.layer}: ${units.length} of ${this.current.units.length} units`);
    this.watch(cards);
  }

  // Strips are drawn when they come near the window, so that 512 units open at once.
  private watch(cards: HTMLElement): void {
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
      { rootMargin: "400px" },
    );
    for (const card of cards.querySelectorAll(".card")) this.seen.observe(card);
  }

  private tabs(): HTMLElement {
    const list = make("div", { class: "tabs", role: "tablist", "aria-label": "layers" });
    this.loaded.dissection.layers.forEach((l, i) => {
      const tab = make(
        "button",
        {
          type: "button",
          role: "tab",
          "aria-selected": String(i === this.layer),
          tabindex: i === this.layer ? "0" : "-1",
        },
        l.layer,
      );
      tab.addEventListener("click", () => this.select(i));
      list.append(tab);
    });
    list.addEventListener("keydown", (e) => {
      const n = this.loaded.dissection.layers.length;
      const by = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? n - 1 : 0;
      if (by === 0) return;
      this.select((this.layer + by) % n);
      this.root.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();
    });
    return list;
  }

  private summary(): HTMLElement {
    const l = this.current;
    const s = l.summary;
    const shape = l.shape ? `${l.shape[0]} units of ${l.shape[1]}x${l.shape[2]}` : `${l.units.length} units`;
    if (s === undefined) {
      const labels = new Set(l.units.filter(standsFor).map((u) => bestOf(u)!.label)).size;
      const found = l.units.some((u) => bestOf(u) !== null)
        ? `${l.interpretable} interpretable, for ${labels} labels`
        : "without labels";
      return make("p", {}, `${shape}: ${found}`);
    }
    const chance = s.chance_iou >= 0 ? `; the labels' mean chance level is ${share(s.chance_iou)}` : "";
    const found =
      s.chance_iou >= 0
        ? `${s.above_chance} stand for ${s.concepts} labels (above chance), ${s.interpretable} are interpretable`
        : `${s.interpretable} are interpretable; chance was not measured`;
    return make(
      "p",
      {},
      `${shape}: ${found}. IoU ${share(s.mean_iou)} on average, ${share(s.best_iou)} at best${chance}. ` +
        "A unit's first label is the one that chose its threshold (rule 2018-iqr) or has the largest IoU " +
        "(other rules). Within the yellow line the unit is active.",
    );
  }

  private controls(changed: () => void): HTMLElement {
    const select = <T extends string>(
      name: string,
      options: [T, string][],
      value: T,
      set: (v: T) => void,
    ): HTMLElement => {
      const box = make("select", {});
      for (const [v, words] of options)
        box.append(make("option", { value: v, selected: v === value }, words));
      box.addEventListener("change", () => {
        set(box.value as T);
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
      select("order by", ordersOf(this.current), this.choice.order, (v) => (this.choice.order = v)),
      select(
        "show",
        [
          ["all", "all units"],
          ["interpretable", "interpretable"],
          ["chance", "above chance"],
        ],
        this.choice.which,
        (v) => (this.choice.which = v),
      ),
      select(
        "of",
        [["", "all categories"], ...categories.map((c): [string, string] => [c, c])],
        this.choice.category,
        (v) => (this.choice.category = v),
      ),
      make("label", {}, "find ", search),
    );
  }
}
