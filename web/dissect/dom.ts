// dom.ts - small words for making elements.

type Child = Node | string;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === "string") element.setAttribute(name, value);
    else element.toggleAttribute(name, value);
  element.append(...children);
  return element;
}

export const share = (x: number): string => x.toFixed(3);
export const percent = (x: number): string => (x > 0 && x < 0.01 ? "under 1 %" : `${Math.round(100 * x)} %`);

// What a screen reader says, and everyone reads below the tool bar.
export function say(sentence: string): void {
  const place = document.getElementById("said");
  if (place !== null) place.textContent = sentence;
}
