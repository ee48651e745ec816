"""Ledgers as offices keep them, made without our code, and what must arrive of them.

`make FOLDER TOWNS.toml LINES` writes ledger.xlsx, ledger-utf8.csv, ledger-gb18030.csv and expected.json.
`arrived FOLDER EXPORT.geojson` compares an export, made after an import, with expected.json.
"""

import csv
import datetime
import io
import json
import os
import re
import sys
import tomllib
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal

import openpyxl
from openpyxl.styles import Font

# A line break within a heading, and its unit in brackets.
AREA = "占地面积\n（亩）"
HEADINGS = ["序号", "图斑编号", "地块名称", "所属镇街", "详细地址", "经度", "纬度", AREA, "地块类型",
            "权属单位", "联系人", "联系电话", "发现日期", "治理措施", "内部流水号", "备注"]
LAND_TYPES = [("施工裸地", "construction"), ("拆迁裸地", "demolition"), ("闲置裸地", "idle"), ("垃圾土堆", "rubbish-mound")]
PLANS = [("宜林则林", "forest"), ("宜绿则绿", "green"), ("宜覆则覆", "cover")]
# Names with the characters that are rare outside of names of places, quotes, commas and line breaks.
PLACES = ["令公村南侧", "墕湾东口", "㙟庄\"老场院\"", "石城，坝下", "第一排\n第二排", "䶮家峪𠮷口"]
# Lines that cannot be taken as they are: by their number, what is wrong with which heading.
BROKEN = {17: ("所属镇街", "不存在镇"), 40: ("发现日期", "去年春天"), 63: (AREA, "约三亩"), 88: ("经度", "东边")}
# A line of the tables without a single cell comes before this one.
BLANK_BEFORE = 30


def square_metres(mu):
    value = (Decimal(mu) * 2000 / 3).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return f"{value.normalize():f}"


def masked(phone):
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]


def line(number, towns):
    """One plot: the words of its cells, and what must be stored."""
    town = towns[number % len(towns)]
    land, plan = LAND_TYPES[number % 4], PLANS[number % 3]
    lon, lat = f"{116.7 + number % 997 * 0.0003:.6f}", f"{40.3 + number % 883 * 0.0003:.6f}"
    mu = str(Decimal(number % 400 + 1) / 8)
    phone = f"1391{number:07d}"
    day = datetime.date(2021, 1, 1) + datetime.timedelta(days=number % 1800)
    name = f"{PLACES[number % len(PLACES)]}{number}号"
    cells = {"序号": str(number), "图斑编号": f"MY-{number:05d}", "地块名称": name, "所属镇街": town["name"],
             "详细地址": f"{town['name']}{name}旁", "经度": lon, "纬度": lat, AREA: mu, "地块类型": land[0],
             "权属单位": f"密云城建{number % 7}公司", "联系人": "张三", "联系电话": phone, "发现日期": day.isoformat(),
             "治理措施": plan[0], "内部流水号": f"X{number}", "备注": "" if number % 5 else "须\"重点\"关注"}
    stored = {"code_local": f"MY-{number:05d}", "name": name, "town": town["code"], "address": cells["详细地址"],
              "area_declared_m2": square_metres(mu), "land_type": land[1], "responsible_unit": cells["权属单位"],
              "contact_name": "张三", "contact_phone": masked(phone), "found_at": day.isoformat(),
              "treatment_plan": plan[1], "note": cells["备注"], "lon": lon, "lat": lat}
    if number in BROKEN:
        heading, text = BROKEN[number]
        cells[heading] = text
    return cells, stored, day


def written(number, cells, day):
    """The cells of a workbook: numbers, days and texts as different people type them."""
    out = dict(cells)
    if number in BROKEN:
        return out
    if number % 3 == 0:
        out["经度"], out["纬度"] = float(cells["经度"]), float(cells["纬度"])
    elif number % 3 == 1:
        out["经度"] = " " + cells["经度"] + " "
    out["发现日期"] = [day, datetime.datetime(day.year, day.month, day.day), f"{day.year}.{day.month}.{day.day}",
                     f"{day.year}年{day.month}月{day.day}日", (day - datetime.date(1899, 12, 30)).days][number % 5]
    if number % 4 == 0:
        out[AREA] = float(cells[AREA])
    elif number % 4 == 1:
        out[AREA] = f"={cells[AREA]}*2/2"
    if number % 7 == 0:
        out["联系电话"] = int(cells["联系电话"])
    if number % 11 == 0:
        out["所属镇街"] = "密云区" + cells["所属镇街"]
    return out


def make(folder, towns_file, count):
    with open(towns_file, "rb") as file:
        towns = tomllib.load(file)["town"]
    book = openpyxl.Workbook()
    cover = book.active
    cover.title = "封面"
    cover["A1"] = "密云区裸露地块台账"
    sheet = book.create_sheet("台账")
    sheet["A1"] = "密云区裸露地块台账（2026年11月）"
    sheet["A1"].font = Font(bold=True, size=16)
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(HEADINGS))
    sheet["A2"] = "填报单位：区生态环境局      填报人：王五      单位：亩"
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=len(HEADINGS))
    sheet.append(HEADINGS)
    # The number of the last row; asking the sheet would look at all of it every time.
    row = 3
    sheet.column_dimensions["O"].hidden = True
    sheet.column_dimensions["P"].hidden = True
    lines, expected, held_back, held_back_csv, formulas = [], {}, [], [], {}
    for number in range(1, count + 1):
        cells, stored, day = line(number, towns)
        if number == BLANK_BEFORE:
            lines.append([])
        lines.append([cells[heading] for heading in HEADINGS])
        if number in BROKEN:
            held_back_csv.append({"row": len(lines) + 2, "text": BROKEN[number][1]})
        values = written(number, cells, day)
        # An empty line now and then.
        row += 2 if number % 500 == 0 else 1
        for column, heading in enumerate(HEADINGS, 1):
            if values[heading] != "":
                sheet.cell(row, column, values[heading])
        if str(values[AREA]).startswith("="):
            formulas[f"H{row}"] = cells[AREA]
        if number in BROKEN:
            held_back.append({"row": row, "heading": BROKEN[number][0], "text": BROKEN[number][1]})
        else:
            expected[stored["code_local"]] = stored
    row += 1
    sheet.cell(row, 1, "合计")
    # A formula whose result no program ever wrote down, and one that failed.
    unsolved, stored, _ = line(count + 1, towns)
    row += 1
    for column, heading in enumerate(HEADINGS, 1):
        sheet.cell(row, column, unsolved[heading])
    sheet.cell(row, 8, "=1/0")
    held_back.append({"row": row, "heading": HEADINGS[7], "text": "=1/0"})
    workbook = os.path.join(folder, "ledger.xlsx")
    book.save(workbook)
    with_results(workbook, formulas)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["密云区裸露地块台账"] + [""] * (len(HEADINGS) - 1))
    writer.writerow([heading.replace("\n", "") for heading in HEADINGS])
    writer.writerows(lines)
    # Line breaks and quotes within cells, CRLF, and the mark at the start.
    with open(os.path.join(folder, "ledger-utf8.csv"), "wb") as file:
        file.write(text.getvalue().encode("utf-8-sig"))
    with open(os.path.join(folder, "ledger-gb18030.csv"), "wb") as file:
        file.write(text.getvalue().encode("gb18030"))
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file:
        json.dump({"sites": expected, "held_back": held_back}, file, ensure_ascii=False)
    print(json.dumps({"sites": len(expected), "held_back": held_back, "held_back_csv": held_back_csv}, ensure_ascii=False))


def with_results(path, formulas):
    """Writes the results of formulas beside them, as Excel does when it saves."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet2.xml"
    xml = parts[name].decode()

    def with_result(match):
        cell = match.group(1)
        value = f"<v>{formulas[cell]}</v>" if cell in formulas else "<v></v>"
        return match.group(0).replace("<v></v>", value).replace("<v />", value).replace("<v/>", value)

    parts[name] = re.sub(r'<c r="([A-Z]+\d+)"[^>]*><f>.*?</c>', with_result, xml).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for part, content in parts.items():
            book.writestr(part, content)


def arrived(folder, export):
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
        expected = json.load(file)["sites"]
    with open(export, encoding="utf-8") as file:
        features = json.load(file)["features"]
    wrong = []
    for feature in features:
        values = feature["properties"]
        wanted = expected.pop(values.get("code_local"), None)
        if wanted is None:
            wrong.append(f"{values.get('code_local')} was not in the ledger, or came twice")
            continue
        lon, lat = feature["geometry"]["coordinates"]
        found = {**values, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}
        for path, text in wanted.items():
            if str(found.get(path) or "") != text:
                wrong.append(f"{wanted['code_local']} {path}: {found.get(path)!r} instead of {text!r}")
    wrong.extend(f"{code} did not arrive" for code in expected)
    print(json.dumps({"compared": len(features), "wrong": len(wrong), "first": wrong[:10]}, ensure_ascii=False))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        arrived(sys.argv[2], sys.argv[3])
