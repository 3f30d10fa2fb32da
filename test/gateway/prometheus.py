"""Reads Prometheus' text format 0.0.4 as strictly as its own parser would."""

import re

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.eE+-]+|\+Inf|NaN)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def parse(text: str) -> tuple:
    """Types by family, and {(name, frozenset of labels): value}."""
    assert text.endswith("\n")
    types, helps, samples, family = {}, set(), {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, family, told = line.split(" ", 3)
            assert told.strip() and family not in helps, line
            helps.add(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and name not in types, line
            assert kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
        else:
            match = SAMPLE.match(line)
            assert match, line
            name, labels, value = match.groups()
            suffixes = ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)
            assert any(name == family + suffix for suffix in suffixes), line
            found = LABEL.findall(labels or "")
            assert LABEL.sub("", labels or "") == "", line
            key = (name, frozenset(found))
            assert key not in samples, line
            samples[key] = float(value)
    return types, samples


def value(samples: dict, name: str, **labels) -> float:
    return samples[(name, frozenset(labels.items()))]


def check_histograms(types: dict, samples: dict) -> int:
    """Buckets grow, the last one is +Inf and equals the count. How many there were."""
    seen = 0
    for family in (name for name, kind in types.items() if kind == "histogram"):
        groups = {}
        for (name, labels), count in samples.items():
            if name == family + "_bucket":
                bound = dict(labels)["le"]
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                groups.setdefault(rest, []).append((float(bound.replace("+Inf", "inf")), count))
        for rest, buckets in groups.items():
            counts = [count for _, count in sorted(buckets)]
            assert counts == sorted(counts), (family, rest)
            assert sorted(buckets)[-1] == (float("inf"), samples[(family + "_count", rest)])
            assert samples[(family + "_sum", rest)] >= 0
            seen += 1
    return seen
