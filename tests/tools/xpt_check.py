# ruff: noqa
# fmt: off
# Origin: the project's own checker, written with its design and before the writer it judges; the code is unchanged.
"""Independent strict checker for SAS Transport (XPORT) version 5 files.

Standard library only; written from the record layout in SAS TS-140, not from any other
reader, so that it can judge the output of one.  Prints one JSON document per run.

    python xpt_check.py FILE... [--keys USUBJID,AESEQ] [--rows] [--values] [--quiet]

--keys   variables the rows must be sorted by (SAS order) and, unless --dup-keys, unique by
--values adds number of distinct / missing values and min/max of each variable
--hash   adds a SHA-256 of the file and one that ignores the four (+2 per member) time stamps
exit     0 no error-level violation, 1 some, 2 the file cannot be parsed
"""
import argparse
import hashlib
import json
import math
import os
import re
import struct
import sys

REC = 80
H = "HEADER RECORD*******{:8s}HEADER RECORD!!!!!!!{:30s}  "
LIBRARY = H.format("LIBRARY ", "0" * 30).encode()
LIBV8 = H.format("LIBV8   ", "0" * 30).encode()
DSCRPTR = H.format("DSCRPTR ", "0" * 30).encode()
OBS = H.format("OBS     ", "0" * 30).encode()
MEMBER_RE = re.compile(rb"HEADER RECORD\*{7}MEMBER  HEADER RECORD!{7}0{17}160{8}(140|136)  ")
NAMESTR_RE = re.compile(rb"HEADER RECORD\*{7}NAMESTR HEADER RECORD!{7}0{6}(\d{4})0{20}  ")
STAMP_RE = re.compile(rb"\d\d(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\d\d:\d\d:\d\d:\d\d")
NAME_RE = re.compile(r"[A-Z_][A-Z0-9_]{0,7}\Z")
FORMAT_RE = re.compile(r"\$?[A-Z_][A-Z0-9_]*[A-Z_]\Z|\$\Z|[A-Z_]\Z")
MISSING = {0x2E: "."} | {c: "." + chr(c) for c in range(0x41, 0x5B)} | {0x5F: "._"}
MISS_ORDER = {"._": 0, ".": 1} | {"." + chr(c): c for c in range(0x41, 0x5B)}


class Bad(Exception):
    pass


def ibm(raw):
    """(value or None, missing code or None, problem or None) of one 2..8 byte numeric field."""
    raw = raw.ljust(8, b"\0")
    word = int.from_bytes(raw, "big")
    if not word:
        return 0.0, None, None
    mant = word & 0x00FFFFFFFFFFFFFF
    first = raw[0]
    if not mant:
        if first in MISSING:
            return None, MISSING[first], None
        if first == 0x80:
            return -0.0, None, "negative zero"
        return 0.0, None, "zero mantissa with exponent byte 0x%02X (no such missing code)" % first
    value = math.ldexp(mant, 4 * ((first & 0x7F) - 64) - 56)
    note = None if mant >> 52 else "not normalised"
    return (-value if first & 0x80 else value), None, note


class Member:
    def __init__(self):
        self.viol = []
        self.seen = set()

    def add(self, level, code, where, text):
        key = (code, where)
        if key in self.seen:
            return
        self.seen.add(key)
        self.viol.append({"level": level, "code": code, "where": where, "text": text})


def text_of(raw, mem, where, pad_ok=b" "):
    out = raw.rstrip(b" ")
    if b"\0" in raw:
        mem.add("error", "NUL_IN_HEADER", where, "NUL byte in a blank-padded header field: %r" % raw)
        out = raw.split(b"\0")[0].rstrip(b" ")
    if not out.isascii():
        mem.add("error", "NON_ASCII_HEADER", where, "non-ASCII bytes: %r" % out)
    elif any(c < 0x20 or c == 0x7F for c in out):
        mem.add("error", "CONTROL_IN_HEADER", where, "control character: %r" % out)
    if out[:1] == b" ":
        mem.add("warning", "LEADING_BLANK_HEADER", where, "starts with a blank: %r" % out)
    return out.decode("latin-1")


def check_stamp(raw, mem, where):
    if not STAMP_RE.fullmatch(raw):
        mem.add("error", "BAD_TIMESTAMP", where, "not ddMMMyy:hh:mm:ss: %r" % raw)
    return raw.decode("latin-1").strip()


def parse_member(data, pos, mem, stamps):
    """Headers of one member that starts at pos; returns (info, position of first data byte)."""
    m = MEMBER_RE.fullmatch(data[pos:pos + REC])
    if not m:
        raise Bad("no MEMBER header record at byte %d: %r" % (pos, data[pos:pos + REC]))
    size = int(m.group(1))
    pos += REC
    if data[pos:pos + REC] != DSCRPTR:
        raise Bad("no DSCRPTR header record at byte %d" % pos)
    pos += REC
    r1, r2 = data[pos:pos + REC], data[pos + REC:pos + 2 * REC]
    if len(r2) < REC:
        raise Bad("member header cut short")
    info = {"name": text_of(r1[8:16], mem, "dataset name")}
    for field, want, where in ((r1[0:8], b"SAS     ", "member header 1 [0:8]"),
                               (r1[16:24], b"SASDATA ", "member header 1 [16:24]"),
                               (r1[40:64], b" " * 24, "member header 1 [40:64]"),
                               (r2[16:32], b" " * 16, "member header 2 [16:32]")):
        if field != want:
            mem.add("error", "HEADER_LITERAL", where, "%r, must be %r" % (field, want))
    info["sas_version"] = text_of(r1[24:32], mem, "member SAS version")
    info["os"] = text_of(r1[32:40], mem, "member OS")
    info["created"] = check_stamp(r1[64:80], mem, "member created")
    info["modified"] = check_stamp(r2[0:16], mem, "member modified")
    stamps += [(pos + 64, pos + 80), (pos + REC, pos + REC + 16)]
    info["label"] = text_of(r2[32:72], mem, "dataset label")
    info["type"] = text_of(r2[72:80], mem, "dataset type")
    if not NAME_RE.match(info["name"]):
        mem.add("error", "BAD_DATASET_NAME", info["name"], "not an upper-case SAS name of 1-8 characters")
    if not info["label"]:
        mem.add("warning", "NO_DATASET_LABEL", info["name"], "dataset label is blank")
    elif len(r2[32:72].rstrip(b" ")) == 40:
        mem.add("note", "LABEL_FULL", info["name"], "dataset label fills all 40 bytes: cut off?")
    pos += 2 * REC
    m = NAMESTR_RE.fullmatch(data[pos:pos + REC])
    if not m:
        raise Bad("no NAMESTR header record at byte %d: %r" % (pos, data[pos:pos + REC]))
    nvar = int(m.group(1))
    pos += REC
    block = data[pos:pos + nvar * size]
    if len(block) < nvar * size:
        raise Bad("NAMESTR block cut short")
    variables, at, names = [], 0, {}
    for i in range(nvar):
        raw = block[i * size:(i + 1) * size]
        (ntype, nhfun, nlng, nvar0, nname, nlabel, nform, nfl, nfd, nfj, nfill, niform, nifl, nifd,
         npos) = struct.unpack(">hhhh8s40s8shhh2s8shhl", raw[:88])
        tag = "#%d" % (i + 1)
        name = text_of(nname, mem, tag + " name")
        v = {"name": name, "type": {1: "num", 2: "char"}.get(ntype, ntype), "length": nlng,
             "label": text_of(nlabel, mem, name + " label"),
             "format": text_of(nform, mem, name + " format"), "width": nfl, "decimals": nfd,
             "justify": nfj, "informat": text_of(niform, mem, name + " informat"),
             "informat_width": nifl, "informat_decimals": nifd, "position": npos, "number": nvar0}
        variables.append(v)
        if ntype not in (1, 2):
            raise Bad("variable %s: type code %d is neither 1 nor 2" % (name, ntype))
        if not NAME_RE.match(name):
            mem.add("error", "BAD_VARIABLE_NAME", name or tag, "not an upper-case SAS name of 1-8 characters")
        if name.upper() in names:
            mem.add("error", "DUPLICATE_NAME", name, "also variable #%d" % names[name.upper()])
        names[name.upper()] = i + 1
        if not v["label"]:
            mem.add("warning", "NO_LABEL", name, "label is blank")
        elif len(nlabel.rstrip(b" ")) == 40:
            mem.add("note", "LABEL_FULL", name, "label fills all 40 bytes: cut off?")
        if ntype == 1 and not 2 <= nlng <= 8:
            raise Bad("numeric %s has length %d" % (name, nlng))
        if ntype == 2 and nlng < 1:
            raise Bad("character %s has length %d" % (name, nlng))
        if ntype == 1 and nlng != 8:
            mem.add("warning", "SHORT_NUMERIC", name, "numeric stored in %d bytes" % nlng)
        if ntype == 2 and nlng > 200:
            mem.add("error", "LENGTH_GT_200", name, "character length %d" % nlng)
        if npos != at:
            mem.add("error", "BAD_POSITION", name, "npos %d, expected %d" % (npos, at))
        if nvar0 != i + 1:
            mem.add("error", "BAD_NUMBER", name, "variable number %d, expected %d" % (nvar0, i + 1))
        if nhfun:
            mem.add("error", "NHFUN", name, "nhfun is %d, must be 0" % nhfun)
        if nfj not in (0, 1):
            mem.add("error", "JUSTIFY", name, "nfj is %d" % nfj)
        if raw[88:].strip(b"\0 "):
            mem.add("warning", "NAMESTR_REST", name, "last %d bytes of NAMESTR are not null" % (size - 88))
        for kind in ("format", "informat"):
            f = v[kind]
            if f and not FORMAT_RE.match(f):
                mem.add("warning", "FORMAT_NAME", name, "%s name %r (width belongs in its own field)" % (kind, f))
            if f and (f[0] == "$") != (ntype == 2):
                mem.add("error", "FORMAT_TYPE", name, "%s %s on a %s variable" % (kind, f, v["type"]))
        at += nlng
    used = nvar * size
    pad = -used % REC
    if data[pos + used:pos + used + pad].strip(b" "):
        mem.add("error", "NAMESTR_PADDING", "NAMESTR block", "padding is not blank")
    pos += used + pad
    if data[pos:pos + REC] != OBS:
        raise Bad("no OBS header record at byte %d: %r" % (pos, data[pos:pos + REC]))
    info["variables"] = variables
    info["row_bytes"] = at
    return info, pos + REC


def find_end(data, start):
    """End of this member's data: next MEMBER header on an 80-byte boundary, or end of file."""
    at = start
    while True:
        at = data.find(b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!", at)
        if at < 0:
            return len(data)
        if (at - start) % REC == 0 and data[at + REC:at + 2 * REC] == DSCRPTR:
            return at
        at += 1


def count_rows(data, start, end, width, mem, has_num):
    """TS-140 stores no row count: whole rows that fit, less those that can only be padding."""
    if not width:
        return 0
    total = end - start
    if total % REC:
        mem.add("error", "NOT_80", "data", "data area is not a multiple of 80 bytes")
    rows, rest = divmod(total, width)
    if data[end - rest:end].strip(b" ") if rest else False:
        mem.add("error", "DATA_PADDING", "data", "bytes after the last whole row are not blank")
    blank = b" " * width
    cut = 0
    while rows and data[start + (rows - 1) * width:start + rows * width] == blank \
            and total - (rows - 1) * width < REC:
        rows -= 1
        cut += 1
    if cut and not has_num:
        mem.add("note", "AMBIGUOUS_ROWS", "data", "no numeric variable and a row of %d bytes: up to %d trailing "
                "all-blank row(s) cannot be told from padding" % (width, cut))
    return rows


def scan(data, start, rows, info, mem, keys, want_values, dup_ok):
    variables, width = info["variables"], info["row_bytes"]
    maker = struct.Struct("".join("%ds" % v["length"] for v in variables))
    uniq = [set() for _ in variables]
    keep_all = [v["name"] in keys for v in variables]
    index = {v["name"]: i for i, v in enumerate(variables)}
    key_at = [index[k] for k in keys if k in index]
    for k in keys:
        if k not in index:
            mem.add("error", "KEY_ABSENT", k, "key variable is not in the dataset")
    cache = [{} for _ in variables]
    last, unsorted_, dups, first_bad = None, 0, 0, None
    step = 20000
    nums = [v["type"] == "num" for v in variables]
    miss = [0] * len(variables)
    for lo in range(0, rows, step):
        hi = min(rows, lo + step)
        part = list(maker.iter_unpack(data[start + lo * width:start + hi * width]))
        for i, col in enumerate(zip(*part)):
            uniq[i].update(col)
            if want_values:
                blank = b" " * variables[i]["length"]
                miss[i] += sum((c[0] in MISSING and not any(c[1:])) if nums[i] else c == blank for c in col)
        if key_at:
            for n, row in enumerate(part):
                key = []
                for i in key_at:
                    raw = row[i]
                    got = cache[i].get(raw)
                    if got is None:
                        if nums[i]:
                            val, code, _ = ibm(raw)
                            got = (0, MISS_ORDER[code]) if code else (1, val)
                        else:
                            got = raw
                        cache[i][raw] = got
                    key.append(got)
                if last is not None:
                    if key < last:
                        unsorted_ += 1
                        first_bad = first_bad if first_bad is not None else lo + n + 1
                    elif key == last:
                        dups += 1
                last = key
    if unsorted_:
        mem.add("error", "NOT_SORTED", ",".join(keys), "%d row(s) out of key order, first is row %d" % (unsorted_, first_bad))
    if dups and not dup_ok:
        mem.add("error", "DUPLICATE_KEY", ",".join(keys), "%d row(s) repeat the key of the row before" % dups)
    for v, values, missing in zip(variables, uniq, miss):
        name = v["name"]
        if v["type"] == "char":
            longest = 0
            nul = nonascii = ctrl = lead = 0
            low = high = None
            for raw in values:
                t = raw.rstrip(b" ")
                if b"\0" in t:
                    nul += 1
                    t2 = t.rstrip(b"\0 ")
                    longest = max(longest, len(t2))
                else:
                    longest = max(longest, len(t))
                if not t.isascii():
                    nonascii += 1
                    sample = t
                elif any(c < 0x20 or c == 0x7F for c in t) and b"\0" not in t:
                    ctrl += 1
                if t[:1] == b" ":
                    lead += 1
            v["max_used"] = longest
            if nul:
                mem.add("error", "NUL_IN_DATA", name, "%d distinct value(s) with NUL bytes" % nul)
            if nonascii:
                mem.add("error", "NON_ASCII", name, "%d distinct value(s), e.g. %r" % (nonascii, sample[:60]))
            if ctrl:
                mem.add("error", "CONTROL_IN_DATA", name, "%d distinct value(s) with control characters" % ctrl)
            if lead:
                mem.add("warning", "LEADING_BLANK", name, "%d distinct value(s) start with a blank" % lead)
            if max(longest, 1) < v["length"]:
                mem.add("warning", "LENGTH_NOT_TRIMMED", name,
                        "length %d, longest value %d" % (v["length"], longest))
        else:
            codes, notes = set(), {}
            low, high, whole = None, None, True
            for raw in values:
                val, code, note = ibm(raw)
                if code:
                    codes.add(code)
                    continue
                if note:
                    notes[note] = raw
                low = val if low is None or val < low else low
                high = val if high is None or val > high else high
                whole = whole and val == int(val)
            if codes - {"."}:
                v["special_missing"] = sorted(codes - {"."})
                mem.add("note", "SPECIAL_MISSING", name, "uses " + " ".join(sorted(codes - {"."})))
            for note, raw in notes.items():
                mem.add("error" if note.startswith("zero") else "warning", "NUMERIC_ENCODING", name,
                        "%s: %s" % (note, raw.hex()))
            if want_values:
                v.update(min=low, max=high, integer=whole)
        if want_values:
            v.update(distinct=len(values), missing=missing)


def check(path, keys=(), want_values=False, dup_ok=False, want_hash=False, rows_only=False):
    with open(path, "rb") as f:
        data = f.read()
    out = {"file": os.path.basename(path), "bytes": len(data), "members": [], "violations": []}
    lib = Member()
    stamps = []
    try:
        if data[:REC] == LIBV8:
            raise Bad("this is a version 8 transport file, not version 5")
        if data[:REC] != LIBRARY:
            raise Bad("no LIBRARY header record: %r" % data[:REC])
        if len(data) % REC:
            lib.add("error", "FILE_NOT_80", "file", "%d bytes is no multiple of 80" % len(data))
        r1, r2 = data[80:160], data[160:240]
        for lo, hi, want in ((0, 8, b"SAS     "), (8, 16, b"SAS     "), (16, 24, b"SASLIB  "), (40, 64, b" " * 24)):
            if r1[lo:hi] != want:
                lib.add("error", "HEADER_LITERAL", "library header 1 [%d:%d]" % (lo, hi), "%r, must be %r" % (r1[lo:hi], want))
        out["sas_version"] = text_of(r1[24:32], lib, "library SAS version")
        out["os"] = text_of(r1[32:40], lib, "library OS")
        out["created"] = check_stamp(r1[64:80], lib, "library created")
        out["modified"] = check_stamp(r2[0:16], lib, "library modified")
        stamps += [(144, 160), (160, 176)]
        if r2[16:].strip(b" "):
            lib.add("error", "HEADER_LITERAL", "library header 2 [16:80]", "must be blank")
        pos = 240
        while pos < len(data):
            mem = Member()
            info, start = parse_member(data, pos, mem, stamps)
            end = find_end(data, start)
            info["nobs"] = count_rows(data, start, end, info["row_bytes"], mem,
                                      any(v["type"] == "num" for v in info["variables"]))
            if info["nobs"] == 0:
                mem.add("note", "NO_ROWS", info["name"], "the dataset has no observations")
            if not rows_only:
                scan(data, start, info["nobs"], info, mem, [k.upper() for k in keys], want_values, dup_ok)
            info["violations"] = mem.viol
            out["members"].append(info)
            pos = end
        if len(out["members"]) != 1:
            lib.add("warning", "MEMBERS", "file", "%d datasets; a submission file holds one" % len(out["members"]))
        else:
            stem = os.path.splitext(os.path.basename(path))[0]
            if stem.upper() != out["members"][0]["name"]:
                lib.add("warning", "FILE_NAME", "file", "file %s holds dataset %s" % (stem, out["members"][0]["name"]))
        if len(data) > 5 * 1024 ** 3:
            lib.add("error", "OVER_5GB", "file", "larger than 5 GB: split")
    except Bad as err:
        lib.add("fatal", "UNPARSABLE", "file", str(err))
    if want_hash:
        body = bytearray(data)
        for lo, hi in stamps:
            body[lo:hi] = b"0" * (hi - lo)
        out["sha256"] = hashlib.sha256(data).hexdigest()
        out["sha256_without_stamps"] = hashlib.sha256(body).hexdigest()
    out["violations"] = lib.viol
    levels = [v["level"] for v in lib.viol] + [v["level"] for m in out["members"] for v in m["violations"]]
    out["count"] = {k: levels.count(k) for k in ("fatal", "error", "warning", "note")}
    return out


def main():
    ap = argparse.ArgumentParser(description="strict XPT v5 checker (TS-140)")
    ap.add_argument("files", nargs="+")
    ap.add_argument("--keys", default="", help="comma-separated sort keys")
    ap.add_argument("--dup-keys", action="store_true", help="the keys need not be unique")
    ap.add_argument("--values", action="store_true", help="distinct, missing, min and max of each variable")
    ap.add_argument("--hash", action="store_true")
    ap.add_argument("--headers-only", action="store_true", help="do not scan the rows")
    ap.add_argument("--quiet", action="store_true", help="violations only")
    a = ap.parse_args()
    keys = [k.strip() for k in a.keys.split(",") if k.strip()]
    docs = [check(f, keys, a.values, a.dup_keys, a.hash, a.headers_only) for f in a.files]
    if a.quiet:
        for d in docs:
            d["violations"] += [v for m in d.pop("members") for v in m["violations"]]
    json.dump(docs[0] if len(docs) == 1 else docs, sys.stdout, indent=1)
    print()
    worst = [d["count"] for d in docs]
    sys.exit(2 if any(c["fatal"] for c in worst) else 1 if any(c["error"] for c in worst) else 0)


if __name__ == "__main__":
    main()
