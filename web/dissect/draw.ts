// draw.ts - pictures of a unit: its top images, where it is active, what the pixels are. Pure
// functions of what they are given.
import { Pictures, mapOf, maskOf, seenOf, whereIs } from "./data";

export type Overlay = "mask" | "labels" | "none";

type Color = [number, number, number];

const basic: Record<string, Color> = {
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
  grey: [140, 140, 140],
};

// A colour of its own for every label: that of its name for colours, else hues a golden angle apart,
// lightness in turns. name may have its category behind it.
export function colorOf(label: number, name: string, category: string): Color {
  if (label === 0) return [0, 0, 0];
  const named = category === "color" ? basic[name.replace(/ \(color\)$/, "")] : undefined;
  if (named !== undefined) return named;
  const hue = (label * 137.508) % 360;
  const light = 0.42 + 0.14 * (label % 3);
  const chroma = (1 - Math.abs(2 * light - 1)) * 0.85;
  const part = (shift: number) => {
    const k = (shift + hue / 30) % 12;
    const value = light - (chroma / 2) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value);
  };
  return [part(0), part(8), part(4)];
}

// Border of a mask on w x h pixels: 1 inside, 2 on the border, 0 outside.
function spread(mask: Uint8Array, side: number, w: number, h: number): Uint8Array {
  const on = new Uint8Array(w * h);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      on[y * w + x] = mask[Math.floor((y * side) / h) * side + Math.floor((x * side) / w)];
  const out = on.slice();
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      if (on[y * w + x] === 0) continue;
      const off =
        (x > 0 && on[y * w + x - 1] === 0) ||
        (x + 1 < w && on[y * w + x + 1] === 0) ||
        (y > 0 && on[(y - 1) * w + x] === 0) ||
        (y + 1 < h && on[(y + 1) * w + x] === 0);
      if (off) out[y * w + x] = 2;
    }
  return out;
}

function darken(image: ImageData, mask: Uint8Array, side: number): void {
  const where = spread(mask, side, image.width, image.height);
  for (let i = 0; i < where.length; i++) {
    if (where[i] === 1) continue;
    for (let c = 0; c < 3; c++)
      image.data[4 * i + c] =
        where[i] === 2 ? [200, 200, 0][c] : Math.floor(image.data[4 * i + c] * 0.4);
  }
}

// Pixels in the colours of their labels; with `only`, those of that label, and the others dark.
function color(image: ImageData, p: Pictures, tile: Tile): void {
  const side = p.side;
  const seen = seenOf(p, tile.image, tile.planes);
  const on = tile.only === null ? null : whereIs(p, tile.image, tile.planes, tile.only);
  const colors = new Map<number, Color>();
  for (const label of [...new Set(seen), tile.only ?? 0]) {
    const [name, category] = p.labels[label] ?? ["", ""];
    colors.set(label, colorOf(label, name, category));
  }
  for (let y = 0; y < image.height; y++)
    for (let x = 0; x < image.width; x++) {
      const from =
        Math.floor((y * side) / image.height) * side + Math.floor((x * side) / image.width);
      const at = 4 * (y * image.width + x);
      const rgb = colors.get(tile.only ?? seen[from])!;
      for (let c = 0; c < 3; c++)
        image.data[at + c] =
          on === null || on[from] === 1 ? rgb[c] : Math.floor(image.data[at + c] * 0.4);
    }
}

const decoded = new Map<string, Promise<ImageBitmap>>();

function bitmapOf(p: Pictures, image: number): Promise<ImageBitmap> {
  const text = p.picture[image] ?? "";
  let bitmap = decoded.get(text);
  if (bitmap === undefined) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    bitmap = createImageBitmap(new Blob([bytes], { type: "image/png" }));
    decoded.set(text, bitmap);
  }
  return bitmap;
}

export interface Tile {
  layer: number;
  unit: number;
  place: number; // among the unit's top images
  image: number;
  planes: number[]; // of label maps
  only: number | null; // the label to be seen alone
}

// One top image, `zoom` times as large, with an overlay.
export async function drawTile(
  canvas: HTMLCanvasElement,
  p: Pictures,
  tile: Tile,
  overlay: Overlay,
  zoom: number,
): Promise<void> {
  const bitmap = await bitmapOf(p, tile.image);
  canvas.width = p.width * zoom;
  canvas.height = p.height * zoom;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  if (overlay === "none") return;
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  if (overlay === "mask") darken(image, maskOf(p, tile.layer, tile.unit, tile.place), p.side);
  else color(image, p, tile);
  context.putImageData(image, 0, 0);
}

// Titles of the labels of one pixel of an image; x and y in 0..1.
export function labelsAt(p: Pictures, image: number, x: number, y: number): string[] {
  const map = mapOf(p, image);
  const last = p.side - 1;
  const at =
    Math.min(last, Math.floor(y * p.side)) * p.side + Math.min(last, Math.floor(x * p.side));
  const names: string[] = [];
  for (let d = 0; d < p.planes; d++) {
    const label = map[d * p.side * p.side + at];
    if (label > 0) names.push(`${p.labels[label][0]} (${p.labels[label][1]})`);
  }
  return names;
}
