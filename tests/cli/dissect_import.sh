#!/bin/bash
# A dissection of the published program, read by the command: what it leaves, and what it refuses.
set -eu
source "$SOURCE/tests/cli/said.sh"
old=$SOURCE/fuzz/corpus/import

ganatomy dissect import "$old/good.json" -o church >said.out 2>said.err
grep -q '^InstrumentedModel: 2 layers, 5 units, 3 of them interpretable$' said.out
grep -q '^note: left out of the rankings: 1 LABEL-maxiou' said.err
test "$(ls church | tr '\n' ' ')" = "dissect.html dissect.json units.csv "
jq -e '.layers[0].units[1] | .iou == 0.5 and .labels[0].label == "glass (object)"' church/dissect.json >said.out
grep -q 'Imported from .*good.json: what another program found, without pictures' church/dissect.html
cat >want.csv <<'CSV'
layer,unit,rank,label,category,iou,iou_low,iou_high,iqr,iou_by_chance,threshold,both,unit_only,label_only,neither,interpretable,above_chance
"layer4",0,1,"tree","object",0.12007,,,0.03,,3.1,130211,272100,682134,,1,
"layer4",1,1,"glass (object)","object",0.5,,,0.4,,-0.5,60,20,40,,1,
"layer4",2,1,"glass (material)","material",0.25,,,0.2,,1,1,0,3,,1,
"layer4",3,1,,,,,,,,9,0,0,0,,0,
"late ",0,1,"tree","object",0.01,,,0,,0,,,,,0,
CSV
diff want.csv church/units.csv

# ---- the same again is nothing new; another one is not replaced
cp church/dissect.json before
ganatomy dissect import "$old/good.json" -o church --json | jq -e '.units == 5 and .labelled == 4' >said.out
fails 2 "church/dissect.json is another dissection: .* --force" ganatomy dissect import "$old/no_labels.json" -o church
cmp before church/dissect.json
ganatomy dissect import "$old/no_labels.json" -o church --force >said.out
grep -q '^VGG: 1 layers, 2 units, without labels$' said.out
jq -e '.layers[0].units | length == 2 and all(.[]; .labels == [])' church/dissect.json >said.out
gan=$SOURCE/models/mnist-gan.safetensors
fails 2 "church/dissect.json is another dissection" ganatomy dissect "$gan" --layers layer1 --segmenter colors -o church

# ---- refused, with nothing left behind
fails 3 "bad_counts.json: 'layers\[0\].units\[1\].ic': is 90, more than lc \(100\) or cc \(80\)" \
    ganatomy dissect import "$old/bad_counts.json" -o none
fails 3 "bad_top.json: 'layers\[0\].units\[0\].top\[1\].maxact'" ganatomy dissect import "$old/bad_top.json" -o none
echo '{"layers": [NaN]}' >nan.json
fails 3 "nan.json: line 1 column" ganatomy dissect import nan.json -o none
fails 2 "nowhere.json" ganatomy dissect import nowhere.json -o none
fails 2 "needs OLD.json" ganatomy dissect import
ganatomy dissect "$gan" --layers layer2 --segmenter colors --size 16 --examples 1 --shuffles 0 --bootstrap 0 -o own --quiet
fails 2 "own/dissect.json was written by this program: there is nothing to import" \
    ganatomy dissect import own/dissect.json -o none
test ! -e none
fails 3 "was imported" ganatomy compare dissections church -o compared
