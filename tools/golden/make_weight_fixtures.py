#!/usr/bin/python3
"""Makes tests/data/weights: small weight files of every kind that is read, with their contents as
PyTorch and NumPy see them (good.txt), and files that must be refused, with a part of the sentence
(bad/expected.txt).

Made with PyTorch 1.13 and NumPy 1.24 (Debian 12: python3-torch, python3-numpy). Run it from the
root of the repository. Nothing in it is random. The tests do not need Python."""
import argparse
import collections
import io
import json
import os
import pickle
import struct
import warnings
import zipfile
import zlib

import numpy as np
import torch

warnings.filterwarnings("ignore")
ROOT = "tests/data/weights"
BAD = ROOT + "/bad"
STAMP = (1980, 1, 1, 0, 0, 0)
NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
         torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
         torch.uint8: "U8", torch.bool: "BOOL"}
good, bad = [], []


def ramp(dtype, *shape):
    """Numbers that every type holds exactly."""
    n = int(np.prod(shape))
    values = (torch.arange(n) * 7 % 23).double()
    if dtype == torch.bool:
        return (values % 2).to(dtype).reshape(shape)
    if dtype.is_floating_point:
        values = values / 4 - 2
    elif dtype != torch.uint8:
        values = values - 11
    return values.to(dtype).reshape(shape)


def flatten(o, path, out):
    if isinstance(o, torch.Tensor):
        out.append((".".join(path) or "tensor", o))
    elif isinstance(o, np.ndarray):
        out.append((".".join(path), torch.from_numpy(np.ascontiguousarray(o).reshape(o.shape))))
    elif isinstance(o, dict):
        for k, v in o.items():
            flatten(v, path + [str(k)], out)
    elif isinstance(o, (list, tuple)):
        for k, v in enumerate(o):
            flatten(v, path + [str(k)], out)
    return out


def expect(file, form, contents):
    """One line an array: file, format, name, type, dims, values as f32."""
    for name, t in flatten(contents, [], []):
        values = " ".join("%.9g" % v for v in t.detach().float().flatten().tolist())
        dims = " ".join(str(d) for d in t.shape)
        good.append("\t".join([file, form, name, NAMES[t.dtype], dims, values]))


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def refuse(name, data, part):
    write("%s/%s" % (BAD, name), data)
    bad.append("%s\t%s" % (name, part))


def zip_of(entries, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = method
            z.writestr(info, data)
    return out.getvalue()


def torch_zip(program, storages=(), top="archive", extra=()):
    entries = [(top + "/data.pkl", program)]
    entries += [("%s/data/%s" % (top, k), v) for k, v in storages]
    entries += [(top + "/version", b"3\n")] + [(top + "/" + k, v) for k, v in extra]
    return zip_of(entries)


# ---- pickles by hand ---------------------------------------------------------------------------

def text(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def number(n):
    return b"\x8a\x0a" + struct.pack("<q", n) + (b"\xff\xff" if n < 0 else b"\0\0") \
        if abs(n) >= 1 << 62 else b"\x8a\x08" + struct.pack("<q", n)


def numbers(values):
    return b"(" + b"".join(number(v) for v in values) + b"t"


def storage(key="0", kind="FloatStorage", n=4, module="torch"):
    return b"(" + text("storage") + ("c%s\n%s\n" % (module, kind)).encode() + text(key) \
        + text("cpu") + number(n) + b"tQ"


def tensor(size, stride, offset=0, store=None, function="_rebuild_tensor_v2",
           more=b"\x89ccollections\nOrderedDict\n)R"):
    return ("ctorch._utils\n%s\n(" % function).encode() + (store or storage()) + number(offset) \
        + numbers(size) + numbers(stride) + more + b"tR"


def program(*pairs):
    return b"\x80\x02}(" + b"".join(text(k) + v for k, v in pairs) + b"u."


FOUR = np.arange(4, dtype="<f4").tobytes()


def one(body):
    return torch_zip(program(("a", body)), [("0", FOUR)])


# ---- files that can be read --------------------------------------------------------------------

class Kept(torch.nn.Parameter):
    pass


def contents():
    base = ramp(torch.float32, 4, 6)
    state = collections.OrderedDict()
    for dtype, name in NAMES.items():
        state["kinds." + name.lower()] = ramp(dtype, 2, 3)
    state["scalar"] = torch.tensor(7)
    state["empty"] = torch.zeros(0, 3)
    state["shared"] = base
    state["transposed"] = base.t()
    state["sliced"] = base[1:4:2, 2:5]
    state["column"] = base[:, 1]
    state["expanded"] = torch.tensor([[1.5], [2.5]]).expand(2, 3)
    state["parameter"] = torch.nn.Parameter(ramp(torch.float32, 3))
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    return {"state_dict": state, "epoch": 3, "note": "a note", "rate": 0.25, "flags": (True, None),
            "list": [ramp(torch.float32, 2), {"deep": ramp(torch.int16, 2)}], "nothing": {},
            7: ramp(torch.float32, 1), "set": {1, 2}, "big": 1 << 70,
            "args": argparse.Namespace(lr=0.1), "shape": torch.Size([2, 3])}


def make_torch():
    o = contents()
    torch.save(o, ROOT + "/kinds.pt")
    expect("kinds.pt", "PyTorch zip", o)
    torch.save(o, ROOT + "/kinds_stream.pth", _use_new_zipfile_serialization=False)
    expect("kinds_stream.pth", "PyTorch stream", o)
    small = collections.OrderedDict([("w", ramp(torch.float32, 2, 2)), ("b", ramp(torch.int64, 1))])
    torch.save(small, ROOT + "/small.pt")
    expect("small.pt", "PyTorch zip", small)
    torch.save(small, ROOT + "/small_stream.pth", _use_new_zipfile_serialization=False)
    expect("small_stream.pth", "PyTorch stream", small)
    torch.save(small, ROOT + "/protocol4.pt", pickle_protocol=4)
    expect("protocol4.pt", "PyTorch zip", small)
    torch.save(ramp(torch.float64, 2, 2), ROOT + "/bare.pt")
    expect("bare.pt", "PyTorch zip", ramp(torch.float64, 2, 2))
    with zipfile.ZipFile(ROOT + "/small.pt") as z:
        entries = [("odd top/" + n.split("/", 1)[1], z.read(n)) for n in z.namelist()]
    write(ROOT + "/deflated.pt", zip_of(entries, zipfile.ZIP_DEFLATED))
    expect("deflated.pt", "PyTorch zip", small)
    attributed = torch.nn.Parameter(ramp(torch.float32, 3))
    attributed.note = "kept in the file, not read"
    torch.save({"p": attributed}, ROOT + "/attributes.pt")
    expect("attributes.pt", "PyTorch zip", {"p": attributed})
    model = torch.nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.5, -0.5]]))
        model.bias.copy_(torch.tensor([1.0]))
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    o = {"model": model.state_dict(), "optimizer": optimiser.state_dict()}
    torch.save(o, ROOT + "/checkpoint.pt")
    expect("checkpoint.pt", "PyTorch zip", o)
    view = ramp(torch.float32, 6)
    v3 = program(("f", tensor([2], [1], 1, storage("0", "UntypedStorage", 24, "torch.storage"),
                              "_rebuild_tensor_v3",
                              b"\x89ccollections\nOrderedDict\n)Rctorch\nfloat32\n")))
    write(ROOT + "/untyped.pt", torch_zip(v3, [("0", view.numpy().tobytes())],
                                          extra=[("byteorder", b"little")]))
    expect("untyped.pt", "PyTorch zip", {"f": view[1:3]})
    old = tensor([3], [2], 0, storage(n=6, module="torch.cuda"), "_rebuild_tensor", b"")
    pairs = b"\x80\x02ccollections\nOrderedDict\n](](U\x01a" + old + b"ee\x85R."
    write(ROOT + "/python2.pt", torch_zip(pairs, [("0", view.numpy().tobytes())]))
    expect("python2.pt", "PyTorch zip", {"a": view[::2]})
    make_stream_view(view)


def stream(system, body, keys, tail):
    out = io.BytesIO()
    for value in (0x1950a86a20f9469cfc6c, 1001, system):
        pickle.dump(value, out, 2)
    return out.getvalue() + body + pickle.dumps(keys, 2) + tail


SYSTEM = {"protocol_version": 1001, "little_endian": True,
          "type_sizes": {"short": 2, "int": 4, "long": 4}}


def viewed(n=6, first=2, size=3):
    return b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("root") + text("cuda:0") \
        + number(n) + b"(" + text("view") + number(first) + number(size) + b"ttQ"


def make_stream_view(view):
    body = program(("v", tensor([2], [1], 1, viewed())))
    tail = struct.pack("<q", 6) + view.numpy().tobytes()
    write(ROOT + "/view_stream.pth", stream(SYSTEM, body, ["root"], tail))
    expect("view_stream.pth", "PyTorch stream", {"v": view[3:5]})


def npy(header, data=b"", version=1, length=None):
    header = header.encode()
    size = len(header) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", size) \
        + header + data


def make_numpy():
    arrays = {"f8": "<f8", "f4": "<f4", "f2": "<f2", "i8": "<i8", "i4": "<i4", "i2": "<i2",
              "i1": "|i1", "u1": "|u1", "b1": "|b1"}
    o = collections.OrderedDict()
    for name, code in arrays.items():
        values = np.arange(6) * 7 % 23
        o[name] = (values % 2 if code == "|b1" else values).astype(code).reshape(2, 3)
    o["fortran"] = np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4))
    o["scalar"] = np.array(2.5, dtype="<f4")
    o["empty"] = np.zeros((3, 0), dtype="<f4")
    o["a/b.c"] = np.array([1], dtype="<i4")
    for file, function in (("kinds.npz", np.savez), ("kinds_deflated.npz", np.savez_compressed)):
        function(ROOT + "/" + file, **o)
        expect(file, "NumPy npz", o)
    for file, array in (("fortran.npy", o["fortran"]), ("row.npy", o["f4"])):
        np.save(ROOT + "/" + file, array)
        expect(file, "NumPy npy", {"arr_0": array})
    head = "{'shape': (2L, 3L), 'fortran_order': False, 'descr': '<f4'}\n"
    for version in (2, 3):
        file = "version%d.npy" % version
        write(ROOT + "/" + file, npy(head, o["f4"].tobytes(), version))
        expect(file, "NumPy npy", {"arr_0": o["f4"]})


def safetensors(header, data=b"", length=None):
    h = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(h) if length is None else length) + h + data


def make_safetensors():
    header, data, o = {"__metadata__": {"made by": "hand", "quote": "\"\u00e9\U0001f600"}}, b"", {}
    for dtype, name in NAMES.items():
        t = ramp(dtype, 2, 3)
        raw = (t.view(torch.int16) if dtype == torch.bfloat16 else t).numpy().tobytes()
        o[name.lower()] = t
        header[name.lower()] = {"dtype": name, "shape": [2, 3],
                                "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    o["scalar"], o["empty"] = torch.tensor(2.5), torch.zeros(2, 0)
    header["empty"] = {"dtype": "F32", "shape": [2, 0], "data_offsets": [len(data), len(data)]}
    header["scalar"] = {"dtype": "F32", "shape": [], "data_offsets": [len(data), len(data) + 4]}
    data += struct.pack("<f", 2.5)
    write(ROOT + "/kinds.safetensors", safetensors(header, data))
    expect("kinds.safetensors", "safetensors",
           {**{k: v for k, v in o.items() if k not in ("scalar", "empty")},
            "empty": o["empty"], "scalar": o["scalar"]})


# ---- files that must be refused ----------------------------------------------------------------

def bad_pickles():
    call = text("echo") + b"\x85R."
    refuse("os_system.pt", torch_zip(b"\x80\x02cos\nsystem\n" + call),
           "os_system.pt: data.pkl: offset 2: opcode 'GLOBAL os system' is not allowed")
    refuse("stack_global.pt", torch_zip(b"\x80\x04\x8c\x02os\x8c\x06system\x93" + call),
           "offset 14: opcode 'STACK_GLOBAL os system' is not allowed")
    refuse("eval.pt", torch_zip(b"\x80\x02c__builtin__\neval\n" + call),
           "'GLOBAL __builtin__ eval' is not allowed")
    refuse("inst.pt", torch_zip(b"\x80\x02(ios\nsystem\n."), "offset 3: opcode 'INST' is not")
    refuse("obj.pt", torch_zip(b"\x80\x02(N0."), "opcode 'POP' is not allowed")
    refuse("ext.pt", torch_zip(b"\x80\x02\x82\x01."), "opcode 'EXT1' is not allowed")
    refuse("no_opcode.pt", torch_zip(b"\x80\x02\xee."), "byte 0xee is no pickle opcode")
    refuse("protocol.pt", torch_zip(b"\x80\x07N."), "protocol 7, expected 2 to 5")
    refuse("no_proto.pt", torch_zip(b"N."), "begins with byte 0x4e, expected opcode 'PROTO'")
    refuse("call_int.pt", torch_zip(b"\x80\x02K\x01)R."), "opcode 'REDUCE': calls an int")
    refuse("call_storage.pt", torch_zip(b"\x80\x02ctorch\nFloatStorage\n)R."),
           "calls 'torch.FloatStorage'")
    refuse("build_list.pt", torch_zip(b"\x80\x02]Nb."), "gives attributes to a list")
    refuse("below_mark.pt", torch_zip(b"\x80\x02]N(a."), "takes 2 values from the stack, but 0")
    refuse("no_mark.pt", torch_zip(b"\x80\x02}u."), "there is no MARK for it")
    refuse("odd_items.pt", torch_zip(b"\x80\x02}(NNNu."), "3 values are no pairs")
    refuse("append_dict.pt", torch_zip(b"\x80\x02}Na."), "adds to a dict, expected a list")
    refuse("two_left.pt", torch_zip(b"\x80\x02NN."), "2 values and 0 marks are on the stack")
    refuse("memo_far.pt", torch_zip(b"\x80\x02}r\xff\xff\xff\x7f."), "memo index 2147483647")
    refuse("memo_empty.pt", torch_zip(b"\x80\x02h\x05."), "memo index 5 was never put")
    refuse("long_int.pt", torch_zip(b"\x80\x02\x8a\x11" + bytes(17) + b"."),
           "an integer of 17 bytes, expected at most 16")
    refuse("long_string.pt", torch_zip(b"\x80\x02X\xff\xff\xff\xff."),
           "4294967295 bytes, expected at most 1048576")
    refuse("endless.pt", torch_zip(b"\x80\x02N"), "offset 3: pickle: cut short")
    refuse("endless_name.pt", torch_zip(b"\x80\x02ccollections"), "its name is cut short")
    refuse("a_number.pt", torch_zip(b"\x80\x02K\x07."), "holds an int, expected a dict of tensors")
    refuse("module.pt", torch_zip(b"\x80\x02(" + text("module") + b"NNNtQ."),
           "save its state_dict() instead")
    pairs = b"".join(b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(30))
    refuse("memo_bomb.pt", torch_zip(b"\x80\x02](K\x01e" + pairs + b"."),
           "holds more than 1048576 values")
    refuse("memo_bomb_tensor.pt", torch_zip(b"\x80\x02](" + tensor([1], [1]) + b"e" + pairs + b".",
                                            [("0", FOUR)]), "needs more memory than 64.0 MiB")
    refuse("cycle.pt", torch_zip(b"\x80\x02]q\0h\0a."), "nested more than 200 deep")
    refuse("deep.pt", torch_zip(b"\x80\x02" + b"]" * 300 + b"a" * 299 + b"."), "more than 200 deep")
    long = text("k" * 3000)
    refuse("long_name.pt", torch_zip(b"\x80\x02}" + long + b"}" + long + tensor([1], [1]) + b"ss.",
                                     [("0", FOUR)]), "has more than 4096 bytes")
    refuse("odd_key.pt", torch_zip(b"\x80\x02}N" + tensor([1], [1]) + b"s.", [("0", FOUR)]),
           "a key is None, expected a string or an int")
    refuse("control_name.pt", torch_zip(program(("a\x1b[2J", tensor([1], [1]))), [("0", FOUR)]),
           "name 'a?[2J' of 5 bytes: expected at most 4096 bytes of UTF-8 without control")
    refuse("twice.pt", torch_zip(program(("a", tensor([1], [1])), ("a", tensor([2], [1]))),
                                 [("0", FOUR)]), "array 'a' is there twice")


def bad_tensors():
    refuse("stride.pt", one(tensor([2], [-1], 1)), "its stride is -1, expected 0 or more")
    refuse("size.pt", one(tensor([-2], [1])), "its size is -2, expected 0 or more")
    refuse("offset.pt", one(tensor([2], [1], -1)), "its offset is -1, expected 0 or more")
    refuse("beyond.pt", one(tensor([2, 2], [2, 1], 1)),
           "a tensor (2,2) at offset 1 reaches beyond the 4 elements of its storage")
    refuse("overflow.pt", one(tensor([1 << 40, 1 << 40], [0, 0])), "elements of (1099511627776,")
    refuse("stride_overflow.pt", one(tensor([3, 3], [(1 << 62) - 1, 1 << 61])), "reaches beyond")
    refuse("expanded_bomb.pt", one(tensor([1 << 40], [0])), "needs more memory than 64.0 MiB")
    refuse("rank9.pt", one(tensor([1] * 9, [1] * 9)), "its size has 9 dimensions, expected at most 8")
    refuse("rank_differs.pt", one(tensor([1, 1], [1])), "its stride has 1 entries, its size 2")
    refuse("no_storage.pt", one(b"ctorch._utils\n_rebuild_tensor_v2\n)R"), "has no storage: 0")
    refuse("storage_kind.pt", one(tensor([1], [1], 0, storage(kind="float32"))),
           "'float32' is no type of storage")
    refuse("storage_missing.pt", torch_zip(program(("a", tensor([1], [1])))),
           "storage '0' is missing: no entry 'data/0'")
    refuse("storage_size.pt", torch_zip(program(("a", tensor([1], [1]))), [("0", FOUR[:12])]),
           "entry 'data/0' has 12 bytes, expected 4 elements of F32")
    refuse("storage_overflow.pt",
           torch_zip(program(("a", tensor([1], [1], 0, storage(n=(1 << 62) - 1)))), [("0", FOUR)]),
           "expected 4611686018427387903 elements of F32")
    refuse("untyped.pt", one(tensor([1], [1], 0, storage("0", "UntypedStorage", 16, "torch.storage"))),
           "does not go with a storage of this kind")


def bad_zips():
    fine = program(("a", tensor([1], [1])))
    refuse("big_endian.pt", torch_zip(fine, [("0", FOUR)], extra=[("byteorder", b"big")]),
           "byteorder is 'big', expected 'little'")
    refuse("torchscript.pt", torch_zip(fine, [("0", FOUR)], extra=[("code/model.py", b"pass")]),
           "a TorchScript archive, which holds a program")
    refuse("constants.pt", torch_zip(fine, [("0", FOUR)], extra=[("constants.pkl", b"x")]),
           "a TorchScript archive")
    refuse("two_pickles.pt", zip_of([("a/data.pkl", fine), ("b/data.pkl", fine)]),
           "more than one data.pkl")
    refuse("other.zip", zip_of([("readme.txt", b"hello")]),
           "a zip archive of 1 entries, but neither PyTorch's data.pkl nor .npy files")
    refuse("empty.zip", zip_of([]), "a zip archive of 0 entries")
    plain = torch_zip(fine, [("0", FOUR)])
    at = plain.index(FOUR)
    refuse("damaged.pt", plain[:at] + b"\x01" + plain[at + 1:],
           "zip entry 'archive/data/0' at offset %d is damaged: its checksum differs"
           % plain.index(b"PK\3\4", 10))
    central = [i for i in range(len(plain)) if plain.startswith(b"PK\1\2", i)]

    def patch(offset, data, base=plain):
        return base[:offset] + data + base[offset + len(data):]
    refuse("encrypted.pt", patch(central[1] + 8, b"\1\0"), "is encrypted")
    refuse("bzip2.pt", patch(central[1] + 10, b"\x0c\0"), "is packed in a way that is not read here")
    refuse("two_sizes.pt", patch(central[1] + 24, b"\x20\0"), "is stored, but its two sizes differ")
    refuse("overlap.pt", patch(central[1] + 20, struct.pack("<II", 60, 60)),
           "zip entry 'archive/version' at offset")
    refuse("into_directory.pt", patch(central[1] + 20, struct.pack("<II", 6000, 6000)),
           "reaches into the directory")
    refuse("outside.pt", patch(central[1] + 42, struct.pack("<I", 1 << 30)),
           "lies outside the archive")
    refuse("no_local.pt", patch(central[1] + 42, struct.pack("<I", 7)), "has no local header")
    refuse("other_name.pt", patch(central[1] + 46, b"Archive"), "has another name in its local")
    refuse("entry_twice.pt", torch_zip(fine, [("0", FOUR), ("0", FOUR)]), "is there twice")
    end = plain.rindex(b"PK\5\6")
    refuse("too_many.pt", patch(end + 8, b"\x40\0\x40\0"), "64 entries do not fit into its")
    refuse("directory_far.pt", patch(end + 16, struct.pack("<I", 1 << 20)),
           "reach into the end record")
    refuse("parts.pt", patch(end + 4, b"\1\0"), "the archive is in several parts")
    refuse("no_zip64.pt", patch(end + 16, b"\xff\xff\xff\xff"), "wants a ZIP64 locator")
    refuse("extra_entry.pt", patch(end + 8, b"\2\0\2\0"), "follow the last of its 2 entries")
    packed = zip_of([("a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (600,), }\n",
                                   bytes(2400)))], zipfile.ZIP_DEFLATED)
    directory = packed.rindex(b"PK\1\2")

    def sized(n):
        return patch(directory + 24, struct.pack("<I", n), packed)
    refuse("bomb.npz", sized(60 << 20), "says that it unpacks to more than deflate can make of it")
    refuse("more.npz", sized(1000), "is broken or unpacks to more than it says")
    refuse("less.npz", sized(9000), "unpacks to another size than it says")
    refuse("no_deflate.npz", patch(packed.index(b"a.npy") + 5, b"\xff\xff\xff", packed),
           "is broken or unpacks to more than it says")
    refuse("cut.pt", plain[:-30], "its end record is missing: is the file cut short?")


def bad_streams():
    body = program(("a", tensor([2], [1])))
    tail = struct.pack("<q", 4) + FOUR
    refuse("stream_end.pth", stream(SYSTEM, body, ["0"], tail[:-1]), "storage: cut short")
    refuse("stream_big.pth", stream(dict(SYSTEM, little_endian=False), body, ["0"], tail),
           "the file is big-endian, expected little-endian")
    refuse("stream_count.pth", stream(SYSTEM, body, ["0"], struct.pack("<q", 3) + FOUR),
           "'0' has 3 elements of 4 bytes, expected 4 of F32")
    refuse("stream_huge.pth", stream(SYSTEM, body, ["0"], struct.pack("<q", -1) + FOUR), "overflow")
    refuse("stream_unlisted.pth", stream(SYSTEM, body, [], b""), "do not list storage '0'")
    refuse("stream_twice.pth", stream(SYSTEM, body, ["0", "0"], tail + tail), "'0' is there twice")
    refuse("stream_stranger.pth", stream(SYSTEM, body, ["1"], tail), "'1' belongs to no tensor")
    refuse("stream_keys.pth", stream(SYSTEM, body, {"0": 1}, tail), "are a dict, expected a list")
    refuse("stream_key.pth", stream(SYSTEM, body, [0], tail), "is an int, expected a string")
    refuse("stream_os.pth", stream(SYSTEM, b"\x80\x02cos\nsystem\n)R.", [], b""),
           "opcode 'GLOBAL os system' is not allowed")
    refuse("stream_view.pth", stream(SYSTEM, program(("v", tensor([1], [1], 0, viewed(6, 5, 2)))),
                                     ["root"], tail), "a view of 2 elements at 5 of a storage of 6")
    head = stream(SYSTEM, body, ["0"], tail)
    at = head.index(pickle.dumps(1001, 2))
    refuse("stream_protocol.pth", head[:at] + pickle.dumps(1002, 2) + head[at + 6:],
           "protocol: expected 1001")


def bad_others():
    refuse("tar.pth", b"./sys_info".ljust(257, b"\0") + b"ustar  \0" + bytes(247), "a tar archive")
    refuse("stylegan.pkl", b"\x80\x03}q\0X\x04\0\0\0G_emaq\x01ctorch_utils.persistence\n"
           b"_reconstruct_persistent_obj\nq\x02.", "a StyleGAN pickle")
    refuse("bare.pkl", pickle.dumps({"a": 1}, 2), "a bare pickle, not a file of torch.save")
    refuse("packed.pt.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "packed with gzip; unpack it first")
    refuse("page.pt", b"<!DOCTYPE html><html></html>", "text that begins with '<'")
    refuse("lfs.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
           "a pointer of Git LFS, not the file itself")
    refuse("keras.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file")
    refuse("empty.pt", b"", "the file is empty")
    refuse("noise.pt", b"\x01\x02\x03\x04\x05", "begins with the bytes 01020304, expected a PyTorch")


def bad_safetensors():
    def t(begin, end, shape=None, dtype="F32", **more):
        return {"dtype": dtype, "shape": [(end - begin) // 4] if shape is None else shape,
                "data_offsets": [begin, end], **more}
    cases = [
        ("overlap", {"a": t(0, 8), "b": t(4, 12)}, 12, "'b' begins at byte 4 of the data, inside"),
        ("same", {"a": t(0, 8), "b": t(0, 8)}, 8, "'b' begins at byte 0 of the data, inside"),
        ("gap", {"a": t(0, 4), "b": t(8, 12)}, 12, "'b' begins at byte 8 of the data, after a gap"),
        ("first_gap", {"a": t(4, 8)}, 8, "'a' begins at byte 4 of the data, after a gap"),
        ("short", {"a": t(0, 8)}, 7, "end at byte 8 of the data, the file at 7; is it cut short?"),
        ("long", {"a": t(0, 8)}, 9, "end at byte 8 of the data, the file at 9"),
        ("f8", {"a": t(0, 4, [4], "F8_E4M3")}, 4, "dtype: 'F8_E4M3' is not read here"),
        ("wrong_size", {"a": t(0, 8, [3])}, 8, "'a' has 0 to 8, expected 12 bytes for (3) of F32"),
        ("reversed", {"a": t(8, 0, [2])}, 8, "'a' has 8 to 0, expected 8 bytes"),
        ("overflow", {"a": t(0, 0, [1 << 40, 1 << 40])}, 0, "overflows"),
        ("rank9", {"a": t(0, 4, [1] * 9)}, 4, "shape: expected at most 8 numbers"),
        ("negative", {"a": t(0, 4, [-1])}, 4, "shape: expected a whole number of 0 or more"),
        ("fraction", {"a": t(0, 4, [1.0])}, 4, "whole number without fraction"),
        ("beyond", {"a": t(0, 4, [1 << 63])}, 4, "the number is beyond 2^63"),
        ("one_offset", {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}, 4,
         "data_offsets: expected two numbers"),
        ("unknown", {"a": t(0, 4, None, "F32", extra=1)}, 4, "field: 'extra', expected dtype"),
        ("lacks", {"a": {"dtype": "F32", "shape": [1]}}, 4, "'a' lacks one of dtype, shape and"),
        ("metadata", {"__metadata__": {"a": 1}}, 0, "__metadata__"),
        ("control", {"a\u001b": t(0, 4)}, 4, "without control characters"),
    ]
    for name, header, size, part in cases:
        if name == "metadata":
            part = "header: expected '\"', found byte 0x31"
        refuse("st_%s.safetensors" % name, safetensors(header, bytes(size)), part)
    item = b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    raw = [
        ("twice", b"{" + item + b"," + item.replace(b"0,4", b"4,8") + b"}", 8, "'a' is there twice"),
        ("trailing", b"{" + item + b"} x", 4, "something follows its end"),
        ("open", b"{" + item, 4, "expected '}'"),
        ("escape", b'{"\\ud800":{}}', 0, "a broken escape in a string"),
        ("endless", b'{"abc', 0, "a string without end"),
        ("field_twice", b"{" + item[:-1] + b',"dtype":"F32"}}', 4, "'dtype' is there twice"),
        ("utf8", b'{"\xff":' + item[4:] + b"}", 4, "of UTF-8"),
        ("list", b"{[1]}", 0, "expected '\"', found byte 0x5b"),
        ("note_twice", b'{"__metadata__":{"k":"1","k":"2"}}', 0, "a key is there twice"),
    ]
    for name, header, size, part in raw:
        refuse("st_%s.safetensors" % name, safetensors(header, bytes(size)), part)
    refuse("st_cut.safetensors", safetensors({"a": t(0, 4)}, b"", 4096), "is the file cut short?")
    refuse("st_huge.safetensors", safetensors({"a": t(0, 4)}, b"", 1 << 40),
           "1099511627776 bytes, expected at most 100000000")


def bad_npy():
    def head(descr="'<f4'", order="False", shape="(2,)", more=""):
        return "{'descr': %s, 'fortran_order': %s, 'shape': %s, %s}\n" % (descr, order, shape, more)
    eight = bytes(8)
    cases = [
        ("big_endian", head("'>f4'"), eight, "'>f4' is big-endian, expected little-endian"),
        ("object", head("'|O'"), eight, "'|O' is an array of Python objects"),
        ("struct", head("[('a', '<f4')]"), eight, "a structured type"),
        ("u2", head("'<u2'"), eight, "'<u2' is not read here"),
        ("complex", head("'<c8'"), eight, "'<c8' is not read here"),
        ("short", head(), eight[1:], "data: 7 bytes, expected 8 for (2) of F32"),
        ("long", head(), eight + b"x", "data: 9 bytes, expected 8 for (2) of F32"),
        ("overflow", head(shape="(4294967296, 4294967296)"), eight, "overflows"),
        ("dim", head(shape="(99999999999999999999,)"), eight, "a dimension is beyond 2^63"),
        ("negative", head(shape="(-1,)"), eight, "a dimension is negative"),
        ("word", head(shape="(x,)"), eight, "shape: expected a whole number"),
        ("rank9", head(shape="(1,1,1,1,1,1,1,1,1)"), eight, "expected at most 8 dimensions"),
        ("order", head(order="None"), eight, "fortran_order: expected True or False"),
        ("key", head(more="'x': 1"), eight, "key 'x', expected descr, fortran_order and shape"),
        ("twice", head(more="'descr': '<f4'"), eight, "key 'descr', expected"),
        ("lacks", "{'descr': '<f4', 'shape': (2,)}", eight, "lacks one of descr"),
        ("trailing", head() + "x", eight, "something follows its end"),
        ("open", "{'descr': '<f4", b"", "a string without end"),
        ("code", "__import__('os')", b"", "npy header: expected '{'"),
    ]
    for name, header, data, part in cases:
        refuse("np_%s.npy" % name, npy(header, data), part)
    refuse("np_version.npy", npy(head(), eight, 9), "9.0, expected 1.0, 2.0 or 3.0")
    refuse("np_header.npy", npy(head(), eight, 2, 1 << 30), "header length: 1073741824 bytes")
    refuse("np_alien.npz", zip_of([("a.npy", npy(head(), eight)), ("b.txt", b"x")]),
           "a zip archive with 'b.txt' in it, expected .npy entries only")
    refuse("np_inner.npz", zip_of([("a.npy", npy(head("'|O'"), eight))]),
           "np_inner.npz: a.npy: offset")


def main():
    os.makedirs(BAD, exist_ok=True)
    make_torch()
    make_numpy()
    make_safetensors()
    for part in (bad_pickles, bad_tensors, bad_zips, bad_streams, bad_others, bad_safetensors,
                 bad_npy):
        part()
    with open(ROOT + "/good.txt", "w") as f:
        f.write("\n".join(good) + "\n")
    with open(BAD + "/expected.txt", "w") as f:
        f.write("\n".join(bad) + "\n")


main()
