#!/usr/bin/env python3
"""Checks a .mrk.json against the rules of Slicer's markups schema 1.0.3, and where plane and VOI lie.

The scan's axes are those of the patient (LPS); a markup in RAS has x and y the other way round.
"""
import argparse
import json
import math
import re

NUMBERS = {"center": 3, "normal": 3, "size": 3, "planeBounds": 4, "objectToBase": 16, "baseToNode": 16,
           "orientation": 9}
STRINGS = ["type", "name", "coordinateSystem", "labelFormat", "roiType", "planeType", "sizeMode"]
POINT = {"id": str, "label": str, "description": str, "position": list, "orientation": list, "selected": bool,
         "locked": bool, "visibility": bool, "positionStatus": str}


def numbers(value, n):
    assert isinstance(value, list) and len(value) == n, value
    assert all(isinstance(x, (int, float)) and math.isfinite(x) for x in value), value


def check_rules(m):
    assert m["type"] in ("Fiducial", "Line", "Angle", "Curve", "ClosedCurve", "Plane", "ROI")
    assert m["coordinateSystem"] in ("LPS", "RAS") and m["coordinateUnits"] in ("mm", "um")
    for key in STRINGS:
        assert isinstance(m.get(key, ""), str), key
    for key in ("locked", "fixedNumberOfControlPoints"):
        assert isinstance(m[key], bool), key
    assert isinstance(m.get("insideOut", False), bool)
    assert type(m.get("autoScalingSizeFactor", 1.0)) in (int, float)
    for key, n in NUMBERS.items():
        if key in m:
            numbers(m[key], n)
    for point in m["controlPoints"]:
        for key, kind in POINT.items():
            assert isinstance(point[key], kind), key
        numbers(point["position"], 3)
        numbers(point["orientation"], 9)
        assert point["positionStatus"] in ("undefined", "preview", "defined")
    assert len({point["id"] for point in m["controlPoints"]}) == len(m["controlPoints"])
    display = m["display"]
    for key in ("visibility", "propertiesLabelVisibility"):
        assert isinstance(display[key], bool), key
    assert 0 <= display["opacity"] <= 1
    for key in ("color", "selectedColor"):
        numbers(display[key], 3)
        assert all(0 <= x <= 1 for x in display[key])
    # what Slicer's readers use: the plane's matrices, the ROI's centre
    for key in {"Plane": ("planeType", "baseToNode", "objectToBase", "size"),
                "ROI": ("roiType", "center", "orientation", "size")}[m["type"]]:
        assert key in m, key
    r = [[m["orientation"][3 * i + j] for j in range(3)] for i in range(3)]
    for a in range(3):
        for b in range(3):
            dot = sum(r[i][a] * r[i][b] for i in range(3))
            assert abs(dot - (a == b)) < 1e-6, "orientation is no rotation"


def near(a, b):
    assert all(abs(x - y) < 1e-6 for x, y in zip(a, b)), (a, b)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("file")
    p.add_argument("--plane", type=float)
    p.add_argument("--voi", type=float, nargs=2)
    p.add_argument("--dims", type=float, nargs=2)
    p.add_argument("--spacing", type=float, nargs=3)
    p.add_argument("--origin", type=float, nargs=3)
    a = p.parse_args()
    with open(a.file, encoding="utf-8") as f:
        j = json.load(f)
    # Slicer reads no file whose schema does not look like this
    assert re.fullmatch(r"https://raw\.githubusercontent\.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/"
                        r"Schema/markups-schema-v1\.[0-9.]+json#", j["@schema"], re.I), j["@schema"]
    assert j["@schema"].endswith("markups-schema-v1.0.3.json#") and len(j["markups"]) == 2
    for m in j["markups"]:
        check_rules(m)
    plane, voi = j["markups"]
    assert plane["type"] == "Plane" and voi["type"] == "ROI"
    flip = -1 if plane["coordinateSystem"] == "RAS" else 1

    def centre(k):
        lps = [a.origin[i] + a.spacing[i] * ((a.dims + [0])[i] - 1) / 2 for i in range(2)]
        return [flip * lps[0], flip * lps[1], a.origin[2] + a.spacing[2] * k]

    near(plane["center"], centre(a.plane))
    near([plane["baseToNode"][i] for i in (3, 7, 11)], centre(a.plane))
    near([abs(x) for x in plane["normal"]], [0, 0, 1])
    near(plane["size"], [a.dims[0] * a.spacing[0], a.dims[1] * a.spacing[1], 0])
    near(voi["center"], centre(sum(a.voi) / 2))
    near(voi["size"], plane["size"][:2] + [(a.voi[1] - a.voi[0] + 1) * a.spacing[2]])


main()
