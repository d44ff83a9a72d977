// main.ts - the page: one pane, or two side by side.
import { Loaded, loadFrom, loadText } from "./data";
import { Overlay } from "./draw";
import { make, say } from "./dom";
import { Pane } from "./pane";

const overlays: [Overlay, string, string][] = [
  ["mask", "where the unit is active", "m"],
  ["labels", "what the pixels are", "l"],
  ["none", "the pictures alone", "n"],
];

function start(): void {
  const loaded = loadFrom(document);
  const panes = document.getElementById("panes")!;
  const first = new Pane(loaded, loaded.dissection.netname);
  let second: Pane | null = null;
  panes.append(first.root);

  const beside = (other: Loaded, title: string): void => {
    second?.root.remove();
    second = new Pane(other, title);
    panes.append(second.root);
    panes.classList.add("two");
  };
  const alone = (): void => {
    second?.root.remove();
    second = null;
    panes.classList.remove("two");
  };
  const setOverlay = (overlay: Overlay): void => {
    first.setOverlay(overlay);
    second?.setOverlay(overlay);
    const radio = document.querySelector<HTMLInputElement>(`input[name=overlay][value=${overlay}]`);
    if (radio !== null) radio.checked = true;
  };

  const tools = document.getElementById("tools")!;
  tools.append(overlayTool(setOverlay), besideTool(loaded, beside, alone));
  document.addEventListener("keydown", (e) => {
    const typing = e.target instanceof HTMLInputElement || e.target instanceof HTMLSelectElement;
    if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
    const overlay = overlays.find((o) => o[2] === e.key);
    if (overlay !== undefined) setOverlay(overlay[0]);
    if (e.key === "/") {
      e.preventDefault();
      first.focusSearch();
    }
  });
}

function overlayTool(set: (overlay: Overlay) => void): HTMLElement {
  const box = make("fieldset", {}, make("legend", {}, "pictures show"));
  for (const [value, words, key] of overlays) {
    const radio = make("input", { type: "radio", name: "overlay", value, checked: value === "mask" });
    radio.addEventListener("change", () => set(value));
    box.append(make("label", {}, radio, ` ${words} `, make("kbd", {}, key)));
  }
  return box;
}

function besideTool(
  own: Loaded,
  beside: (other: Loaded, title: string) => void,
  alone: () => void,
): HTMLElement {
  const same = make("button", { type: "button" }, "another layer beside it");
  same.addEventListener("click", () => beside(own, own.dissection.netname));
  const close = make("button", { type: "button" }, "one pane");
  close.addEventListener("click", alone);
  const file = make("input", { type: "file", accept: ".html,.json" });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen === undefined) return;
    chosen
      .text()
      .then((text) => beside(loadText(text), chosen.name))
      .catch((e: Error) => say(`${chosen.name} cannot be shown: ${e.message}`));
  });
  return make(
    "fieldset",
    {},
    make("legend", {}, "side by side"),
    same,
    make("label", {}, "another dissection ", file),
    close,
  );
}

try {
  start();
} catch (e) {
  say(`This page cannot be shown: ${(e as Error).message}`);
}
