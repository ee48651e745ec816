"""Reads exports with programs that are not ours: openpyxl, Python's csv and json, and GDAL.

Argument: a folder with sites.xlsx, sites.csv, sites.geojson, sites.gpkg, gcj.geojson, gcj.gpkg. Prints one line of JSON.
"""

import csv
import json
import math
import os
import sqlite3
import subprocess
import sys

import openpyxl

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def workbook(name):
    """The headings and rows of every sheet."""
    book = openpyxl.load_workbook(path(name))
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def table(name):
    """The rows of a CSV by heading; the mark at the start must be there, for Excel."""
    with open(path(name), "rb") as file:
        marked = file.read(3) == b"\xef\xbb\xbf"
    with open(path(name), encoding="utf-8-sig", newline="") as file:
        return {"marked": marked, "rows": list(csv.DictReader(file))}


def layers(name):
    """What GDAL says of a file: layers, their number of features, geometry, reference system and fields."""
    # As text: GDAL before 3.7, which Debian 12 has, prints no JSON.
    said = subprocess.run(["ogrinfo", "-ro", "-so", "-al", path(name)], capture_output=True, text=True, check=True)
    return from_text(said.stdout)


def from_text(text):
    found = []
    for line in text.splitlines():
        words = line.strip()
        if line.startswith("Layer name: "):
            found.append({"name": line.split(": ", 1)[1], "fields": [], "features": 0, "geometry": "", "system": ""})
        elif found and line.startswith("Geometry: "):
            found[-1]["geometry"] = line.split(": ", 1)[1]
        elif found and line.startswith("Feature Count: "):
            found[-1]["features"] = int(line.split(": ", 1)[1])
        elif found and words.startswith(("GEOGCRS", "ENGCRS", "LOCAL_CS", "GEOGCS")) and not found[-1]["system"]:
            found[-1]["system"] = words[:60]
        elif found and ": " in line and "(" in line and not line.startswith(("Extent", "FID", "Geometry")):
            found[-1]["fields"].append(line.split(": ", 1)[0])
    return found


def titles(name):
    """The headings of the columns as a GeoPackage keeps them, which this GDAL does not show."""
    with sqlite3.connect(path(name)) as db:
        return dict(db.execute("select column_name, title from gpkg_data_columns"))


def features(name):
    """GDAL reads every feature: names with the first corner of each shape, and whatever GDAL warned of."""
    layer = next(l["name"] for l in layers(name) if "bare" in l["name"] or name.endswith("geojson"))
    target = path(name + ".read.geojson")
    if os.path.exists(target):
        os.remove(target)
    said = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", target, path(name), layer],
                          capture_output=True, text=True, check=True)
    with open(target, encoding="utf-8") as file:
        found = json.load(file)["features"]

    def first(geometry):
        corner = geometry["coordinates"]
        while isinstance(corner[0], list):
            corner = corner[0]
        return corner

    return {
        "warnings": said.stderr,
        "shapes": {f["properties"]["name"]: [f["geometry"]["type"], *first(f["geometry"])] for f in found if f["geometry"]},
        "phones": [f["properties"].get("contact_phone") for f in found],
    }


def metres(a, b):
    """Roughly how far apart two corners are."""
    return math.hypot((a[0] - b[0]) * 85_000, (a[1] - b[1]) * 111_000)


wgs, gcj = features("sites.gpkg"), features("gcj.gpkg")
moved = [metres(shape[1:], gcj["shapes"][name][1:]) for name, shape in wgs["shapes"].items()]
print(json.dumps({
    "sheets": workbook("sites.xlsx"),
    "csv": table("sites.csv"),
    "layers": layers("sites.gpkg"),
    "titles": titles("sites.gpkg"),
    "gcj_layers": layers("gcj.gpkg"),
    "shapes": wgs["shapes"],
    "geojson_shapes": features("sites.geojson")["shapes"],
    "warnings": wgs["warnings"],
    "phones": wgs["phones"],
    "moved_m": [min(moved), max(moved)],
}, ensure_ascii=False))
