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
  cor?: number; // only where correlations were asked for
  cor_label?: string;
  labels?: Finding[];
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

function parseScript(root: ParentNode, id: string): unknown {
  const element = root.querySelector(`script#${id}`);
  return element?.textContent ? JSON.parse(element.textContent) : null;
}

// From this page, or the text of another page or of a dissect.json. Throws a sentence.
export function loadFrom(root: ParentNode): Loaded {
  const dissection = parseScript(root, "dissection") as Dissection | null;
  if (dissection === null) throw new Error("there is no dissection in it");
  return check({ dissection, pictures: parseScript(root, "pictures") as Pictures | null });
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
