// data.ts - what a dissection's page was given: dissect.json, and the pictures that show it.

export interface Finding {
  label: string; // qualified by its category where others have the name too
  cat: string;
  labelnum: number;
  iou: number;
  iqr?: number; // missing in some imported ones, as pixels are in all
  pixels?: [number, number, number, number]; // both, unit only, label only, neither
  interval?: [number, number]; // 95 % of IoU over resampled images
  chance?: number; // IoU that 1 % of pairs reach with labels of other images
}

export interface Unit {
  unit: number;
  interp: boolean;
  above_chance?: boolean; // missing in files of the 2018 programme
  level: number;
  top: { imgnum: number; maxact: number }[];
  iou?: number;
  iou_label?: string;
  iou_labelnum?: number;
  iou_cat?: string;
  iou_iqr?: number;
  labels?: Finding[];
  cor?: number; // with covariance only: the largest correlation of the map with a label,
  cor_label?: string; // and with which
  cor_cat?: string;
}

export interface Summary {
  units: number;
  interpretable: number;
  above_chance: number;
  concepts: number;
  mean_iou: number;
  best_iou: number;
  chance_iou: number;
}

export interface Layer {
  layer: string;
  units: Unit[];
  interpretable: number;
  labels?: { label: string; labelnum: number; units: number[]; cat: string }[];
  shape?: [number, number, number]; // units, rows, columns
  summary?: Summary;
}

export interface Dissection {
  netname: string;
  settings: Record<string, unknown>;
  iou_threshold: number;
  iqr_threshold: number;
  layers: Layer[];
}

// Pictures of the top images, each once, by image number. Maps and masks are runs: unsigned LEB128
// numbers in base64. A label map has, plane by plane, pairs of length and label; a mask has lengths,
// off and on in turn.
export interface Pictures {
  width: number;
  height: number;
  side: number; // rows and columns of maps and masks
  planes: number;
  labels: [string, string][]; // name, category; by label number
  picture: Record<string, string>; // PNG in base64
  map: Record<string, string>;
  mask: string[][][]; // by layer, unit, place among the top images
}

// As a page holds them: image by image, so that it can be written without all of them in memory.
// (Pages made before hold the tables of Pictures themselves.)
interface StoredPictures extends Omit<Pictures, "picture" | "map" | "mask"> {
  image?: Record<string, { picture: string; map: string; mask: [number, number, number, string][] }>;
}

function tablesOf(stored: StoredPictures | null): Pictures | null {
  if (stored?.image === undefined) return stored as Pictures | null;
  const { image, ...rest } = stored;
  const tables: Pictures = { ...rest, picture: {}, map: {}, mask: [] };
  for (const [number, seen] of Object.entries(image)) {
    tables.picture[number] = seen.picture;
    tables.map[number] = seen.map;
    for (const [layer, unit, place, mask] of seen.mask)
      ((tables.mask[layer] ??= [])[unit] ??= [])[place] = mask;
  }
  return tables;
}

export interface Loaded {
  dissection: Dissection;
  pictures: Pictures | null; // null: a dissect.json alone
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function numbersOf(base64: string): number[] {
  const numbers: number[] = [];
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

// (side, side) of 0 and 1.
export function maskOf(p: Pictures, layer: number, unit: number, place: number): Uint8Array {
  const mask = new Uint8Array(p.side * p.side);
  let at = 0;
  numbersOf(p.mask[layer]?.[unit]?.[place] ?? "").forEach((length, i) => {
    mask.fill(i % 2, at, at + length);
    at += length;
  });
  return mask;
}

// (planes, side, side) of label numbers.
export function mapOf(p: Pictures, image: number): Uint16Array {
  const map = new Uint16Array(p.planes * p.side * p.side);
  const runs = numbersOf(p.map[image] ?? "");
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    map.fill(runs[i + 1], at, at + runs[i]);
    at += runs[i];
  }
  return map;
}

const categoryPlanes = new WeakMap<Pictures, Map<string, Set<number>>>();

// Planes that say anything of a category, in all pictures; upernet's quadrants have two.
function planesOf(p: Pictures): Map<string, Set<number>> {
  let found = categoryPlanes.get(p);
  if (found !== undefined) return found;
  found = new Map();
  const area = p.side * p.side;
  for (const map of Object.values(p.map)) {
    const runs = numbersOf(map);
    for (let i = 0, at = 0; i + 1 < runs.length; at += runs[i], i += 2) {
      if (runs[i + 1] === 0) continue;
      const cat = p.labels[runs[i + 1]][1];
      if (!found.has(cat)) found.set(cat, new Set());
      found.get(cat)!.add(Math.floor(at / area));
    }
  }
  categoryPlanes.set(p, found);
  return found;
}

// The planes to lay over each other for a unit whose label is of this category: objects with their
// parts on them; where these two never say it (materials, colours), those that do.
export function planesFor(p: Pictures, category: string): number[] {
  const usual = p.planes > 1 ? [0, 1] : [0];
  const own = [...(planesOf(p).get(category) ?? [])];
  return own.length === 0 || own.some((d) => usual.includes(d)) ? usual : own;
}

// (side, side): the label of each pixel that is to be seen. The rarer of two is the one to see, so
// the last plane that says anything wins.
export function seenOf(p: Pictures, image: number, planes: number[]): Uint16Array {
  const area = p.side * p.side;
  const map = mapOf(p, image);
  const seen = new Uint16Array(area);
  for (const d of planes)
    for (let i = 0; i < area; i++) seen[i] = map[d * area + i] || seen[i];
  return seen;
}

// (side, side): 1 where the label is, on any plane and also under others; of 0, where none is seen.
export function whereIs(p: Pictures, image: number, planes: number[], label: number): Uint8Array {
  const area = p.side * p.side;
  const where = new Uint8Array(area);
  const map = label === 0 ? seenOf(p, image, planes) : mapOf(p, image);
  map.forEach((is, i) => {
    if (is === label) where[i % area] = 1;
  });
  return where;
}

export interface Key {
  label: number; // 0: none
  name: string;
  cat: string;
  share: number; // of the pixels of the pictures that have it, seen or under another
}

// What is to be seen in some pictures, the largest first, none last.
export function keysOf(p: Pictures, images: number[], planes: number[]): Key[] {
  const share = new Map<number, number>();
  for (const image of images) for (const label of new Set(seenOf(p, image, planes))) share.set(label, 0);
  const all = images.length * p.side * p.side;
  for (const [label] of share) {
    let n = 0;
    for (const image of images) for (const on of whereIs(p, image, planes, label)) n += on;
    share.set(label, n / all);
  }
  return [...share]
    .sort((a, b) => Number(a[0] === 0) - Number(b[0] === 0) || b[1] - a[1] || a[0] - b[0])
    .map(([label, n]) => {
      const [name, cat] = label > 0 ? p.labels[label] : ["no label", ""];
      return { label, name, cat, share: n };
    });
}

function parseScript(root: ParentNode, id: string): unknown {
  const element = root.querySelector(`script#${id}`);
  return element?.textContent ? JSON.parse(element.textContent) : null;
}

// From this page, or the text of another page or of a dissect.json. Throws a sentence.
export function loadFrom(root: ParentNode): Loaded {
  const dissection = parseScript(root, "dissection") as Dissection | null;
  if (dissection === null) throw new Error("there is no dissection in it");
  return check({ dissection, pictures: tablesOf(parseScript(root, "pictures") as StoredPictures | null) });
}

export function loadText(text: string): Loaded {
  if (text.trimStart().startsWith("{"))
    return check({ dissection: JSON.parse(text) as Dissection, pictures: null });
  return loadFrom(new DOMParser().parseFromString(text, "text/html"));
}

function check(loaded: Loaded): Loaded {
  const layers = loaded.dissection.layers;
  if (!Array.isArray(layers) || layers.length === 0 || !layers.every((l) => Array.isArray(l.units)))
    throw new Error("it has no layers with units");
  return loaded;
}

// The best finding of a unit, also of a file that has the published keys alone.
export function bestOf(u: Unit): Finding | null {
  if (u.labels) return u.labels[0] ?? null;
  if (u.iou_label === undefined || u.iou === undefined) return null;
  return {
    label: u.iou_label,
    cat: u.iou_cat ?? "",
    labelnum: u.iou_labelnum ?? 0,
    iou: u.iou,
    iqr: u.iou_iqr,
  };
}

// Whether a unit counts as standing for something: where chance was measured, only above it. (Where
// no labels were asked for, the 2018 programme calls every unit interpretable.)
export function standsFor(u: Unit): boolean {
  return bestOf(u) !== null && (u.above_chance ?? u.interp);
}
