#!/bin/bash
# The page of a dissection, in Chromium: it shows every unit, sorts, filters, searches, reads labels of pixels, opens
# a second pane, and asks no network for anything. tests/web/dissect.sh GANATOMY
set -eu
browser=$(command -v chromium || true)
[[ -n $browser ]] || { echo 'skipped: chromium is not there'; exit 77; }
binary=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
models=$(realpath "$here/../../models")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export HOME=$folder GANATOMY_HOME=$folder/home GANATOMY_MODELS=$models
"$binary" dissect "$models/mnist-gan.safetensors" --layers layer1,layer2 --segmenter colors \
    --size 64 --examples 3 --bootstrap 100 -o page --quiet
if grep -qE '(src|href)="https?:' page/dissect.html; then
    echo 'the page wants something from elsewhere'
    exit 1
fi
# What a person would do, written into the page, and what it then shows as attributes of its body.
cat >act.js <<'JS'
const seen = (name, value) => document.body.setAttribute("data-" + name, String(value));
const pane = () => document.querySelector(".pane");
const cards = () => document.querySelectorAll(".pane .card").length;
const choose = (at, value) => {
  const box = document.querySelectorAll(".controls select")[at];
  box.value = value;
  box.dispatchEvent(new Event("change"));
};
// A panel is as high as its longest name needs, and few labels need no scroll bars.
const bars = document.querySelector(".bars");
const bottom = (e) => e.getBoundingClientRect().bottom;
const ink = (e) => {
  const range = document.createRange();
  range.selectNodeContents(e);
  return bottom(range);
};
seen("orders", [...document.querySelector(".controls select").options].map((o) => o.value).join(" "));
seen("labels", bars.querySelectorAll(".name").length);
seen("empty", [...bars.querySelectorAll(".category")].some(
  (c) => bottom(c) - Math.max(...[...c.querySelectorAll(".name")].map(ink)) > 36));
seen("cut", [...bars.querySelectorAll(".name")].some((n) => n.scrollHeight > n.clientHeight));
seen("bars", bars.offsetHeight - bars.clientHeight + " " + (bars.offsetWidth - bars.clientWidth));
const first = document.querySelector(".card").textContent;
seen("words", first.includes("chance level") + " " + first.includes("by chance"));
seen("tabs", document.querySelectorAll("[role=tab]").length);
seen("units", cards());
choose(1, "chance");
seen("above", cards());
choose(1, "all");
choose(0, "unit");
seen("first", document.querySelector(".card h3").textContent.includes("unit 0"));
const search = document.querySelector("input[type=search]");
search.value = "#17";
search.dispatchEvent(new Event("input"));
seen("found", cards() + " " + document.querySelector(".card h3").textContent.includes("unit 17"));
const canvas = document.querySelector("canvas");
canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
seen("label", document.getElementById("said").textContent);
document.querySelector("[role=tab][aria-selected=true]").dispatchEvent(
  new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
seen("layer", document.querySelector("[role=tab][aria-selected=true]").textContent);
document.dispatchEvent(new KeyboardEvent("keydown", { key: "l" }));
seen("overlay", document.querySelector("input[name=overlay]:checked").value);
[...document.querySelectorAll("button")].find((b) => b.textContent.startsWith("another layer")).click();
seen("panes", document.querySelectorAll(".pane").length);
setTimeout(() => seen("drawn", document.querySelectorAll("canvas[data-drawn]").length > 0), 1000);
// The colours of a strip are named, the largest first; arrows go from name to name; a name that is pressed is seen alone,
// on as many pixels as it says.
setTimeout(() => {
  const legend = [...document.querySelectorAll(".legend")].find((l) => l.children.length > 1);
  const much = (b) => parseInt(b.title.replace("under 1", "0"));
  const names = [...legend.children];
  seen("legend", names.map((b) => b.textContent).join(" "));
  seen("largest", names.every((b, i) => i === 0 || much(b) <= much(names[i - 1])));
  seen("stops", names.filter((b) => b.tabIndex === 0).length);
  names[0].focus();
  names[0].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  seen("moved", document.activeElement === names[1] && names[1].tabIndex === 0 && names[0].tabIndex === -1);
  names[0].click();
  seen("alone", document.getElementById("said").textContent + " " + names[0].getAttribute("aria-pressed"));
  setTimeout(() => {
    const rgb = getComputedStyle(names[0].firstChild).backgroundColor.match(/\d+/g).map(Number);
    let on = 0;
    let all = 0;
    for (const canvas of legend.parentNode.querySelectorAll("canvas")) {
      const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      for (let i = 0; i < data.length; i += 4) on += rgb.every((v, c) => data[i + c] === v) ? 1 : 0;
      all += data.length / 4;
    }
    seen("share", Math.abs((100 * on) / all - much(names[0])) <= 1);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "m" }));
    seen("gone", [...document.querySelectorAll(".legend")].every((l) => l.children.length === 0));
  }, 500);
}, 1500);
JS
sed 's|</body></html>||' page/dissect.html >acted.html
{
    echo '<script>'
    cat act.js
    echo '</script></body></html>'
} >>acted.html
"$browser" --headless --no-sandbox --disable-gpu --window-size=1200,900 --virtual-time-budget=5000 --dump-dom \
    "file://$folder/acted.html" >dom.html 2>browser.log || { cat browser.log; exit 1; }
failed=0
body=$(grep -o '<body[^>]*>' dom.html)
shows() { # NAME PATTERN
    if ! grep -qE "data-$1=\"$2\"" <<<"$body"; then
        echo "$1 is not $2: $(grep -oE "data-$1=\"[^\"]*\"" <<<"$body")"
        failed=1
    fi
}
shows labels '[1-9]'
shows empty false
shows cut false
shows bars '0 0'
shows words 'true false'
shows tabs 2
shows units 128
shows above '[0-9]+'
shows first true
shows found "1 true"
shows label 'image [0-9]+, row [0-9]+, column [0-9]+: [a-z]+ \(color\)'
shows layer layer2
shows overlay labels
shows panes 2
shows drawn true
shows orders 'label iou iqr unit level'
shows legend '(black|white|grey) .*(black|white|grey).*'
shows largest true
shows stops 1
shows moved true
shows alone '(black|white|grey) alone, [0-9]+ % of these pictures true'
shows share true
shows gone true

# ---- correlation is offered where it is known, here of units 64 to 99 of layer1 alone
sed -E 's|"unit":( ?)([6-9][0-9]),|"unit":\1\2,"cor":0.\2,"cor_label":"tree","cor_cat":"object",|g' page/dissect.html |
    sed -E 's|"cor":0.6[0-3],"cor_label":"tree","cor_cat":"object",||g; s|</body></html>||' >acted.html
cat >>acted.html <<'JS'
<script>
const seen = (name, value) => document.body.setAttribute("data-" + name, String(value));
const order = () => document.querySelector(".controls select");
seen("cors", [...document.querySelectorAll(".card p")].filter((p) => p.textContent.startsWith("correlation")).length);
order().value = "cor";
order().dispatchEvent(new Event("change"));
const cards = [...document.querySelectorAll(".card")];
seen("cor", cards[0].querySelector("h3").textContent.match(/unit \d+/)[0] + ", " + [...cards[0].querySelectorAll("p")].at(-1).textContent);
seen("unknown", cards[36].textContent.includes("correlation") + " " + cards[35].textContent.includes("correlation"));
document.querySelector("[role=tab][aria-selected=true]").dispatchEvent(
  new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
seen("other", order().value + " " + [...order().options].some((o) => o.value === "cor"));
</script></body></html>
JS
"$browser" --headless --no-sandbox --disable-gpu --virtual-time-budget=2000 --dump-dom \
    "file://$folder/acted.html" >dom.html 2>browser.log || { cat browser.log; exit 1; }
body=$(grep -o '<body[^>]*>' dom.html)
shows cors 36
shows cor 'unit 99, correlation 0\.99 \(tree\)'
shows unknown 'false true'
shows other 'label false'

# ---- a unit is shown on the planes that say its label: directions of strokes are on the third
"$binary" dissect "$models/mnist-gan.safetensors" --layers layer1 --segmenter digits+strokes --side 28 \
    --size 64 --examples 3 --bootstrap 0 --covariance -o strokes --quiet
sed 's|</body></html>||' strokes/dissect.html >acted.html
cat >>acted.html <<'JS'
<script>
const seen = (name, value) => document.body.setAttribute("data-" + name, String(value));
document.dispatchEvent(new KeyboardEvent("keydown", { key: "l" }));
for (const legend of document.querySelectorAll(".legend")) legend.dispatchEvent(new Event("redraw"));
const words = { stroke: /^(horizontal|vertical|rising|falling|no label)$/, usual: /^(\d|loop|hole|end|crossing|no label)$/ };
for (const [name, allowed] of Object.entries(words)) {
  const cards = [...document.querySelectorAll(".card")].filter(
    (c) => (c.querySelector(".cat").textContent === "stroke") === (name === "stroke"));
  const names = cards.flatMap((c) => [...c.querySelectorAll(".legend button")].map((b) => b.textContent));
  seen(name, (names.length > 0) + " " + names.every((n) => allowed.test(n)));
}
const order = document.querySelector(".controls select");
order.value = "cor";
order.dispatchEvent(new Event("change"));
const correlation = (card) => Number(/correlation ([0-9.]+) \([a-z0-9]+\)/.exec(card.textContent)[1]);
const all = [...document.querySelectorAll(".card")].slice(0, 20).map(correlation);
seen("correlated", all[0] > 0 && all.every((c, i) => i === 0 || c <= all[i - 1]));
</script></body></html>
JS
"$browser" --headless --no-sandbox --disable-gpu --virtual-time-budget=2000 --dump-dom \
    "file://$folder/acted.html" >dom.html 2>browser.log || { cat browser.log; exit 1; }
body=$(grep -o '<body[^>]*>' dom.html)
shows stroke 'true true'
shows usual 'true true'
shows correlated true

# ---- an imported one has no pictures, and one of them no labels: both are shown
old=$(realpath "$here/../../fuzz/corpus/import")
for name in good no_labels; do
    "$binary" dissect import "$old/$name.json" -o "$name" --quiet
    sed 's|</body></html>||' "$name/dissect.html" >acted.html
    cat >>acted.html <<'JS'
<script>
const seen = (name, value) => document.body.setAttribute("data-" + name, String(value));
seen("cards", document.querySelectorAll(".card").length);
seen("orders", [...document.querySelectorAll(".controls select")[0].options].map((o) => o.value).join(" "));
seen("faint", document.querySelectorAll(".card.faint").length);
seen("summary", document.querySelector(".pane > p").textContent);
seen("text", document.querySelector(".card p").textContent);
</script></body></html>
JS
    "$browser" --headless --no-sandbox --disable-gpu --virtual-time-budget=2000 --dump-dom \
        "file://$folder/acted.html" >dom.html 2>browser.log || { cat browser.log; exit 1; }
    body=$(grep -o '<body[^>]*>' dom.html)
    if [[ $name == good ]]; then
        shows cards 4
        shows faint 1
        shows summary '4 units: 3 interpretable, for 3 labels'
        shows text 'IoU 0.250, IQR 0.200'
    else
        shows cards 2
        shows faint 2
        shows summary '2 units: without labels'
        shows text 'threshold 1.500'
        shows orders 'label iou iqr unit level'
    fi
done
exit $failed
