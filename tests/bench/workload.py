"""The workload: made-up inspections of a fixed seed, and two devices' edits, some of them of the same fields."""

import json
import random
import uuid

SEED = 20251123
DOCUMENTS = 10_000
EDITED_EVERY = 10  # device B edits one field of every tenth document
DISPUTED_EVERY = 100  # device A edits the same field of every hundredth, to something else
PHRASES = """
护坡局部渗水 挡墙出现裂缝 已设置警示标志 通知乡镇值班人员 建议雨后复查 补充照片记录 排水沟淤积 路面沉降约五厘米 树木倾斜
住户已临时撤离 坡脚堆载需清理 监测桩完好 裂缝宽度无明显变化 地下水位偏高 村组干部到场确认 边坡植被稀疏 局部小型崩塌 落石已清除
防护网破损 需安排专业队伍核查 近期降雨量较大 暂无新增变形 与上次巡查一致 责任人已签字 设备电量不足 信号弱改为离线填报
坡顶截水沟开裂 房屋墙体有细微裂纹 道路一侧塌方 河道水位上涨 涵洞堵塞 隐患点已圈围 预警牌缺失 广播喇叭正常 避险路线畅通
安置点物资齐备
""".split()
PLACES = "龙泉 青山 白水 石桥 双河 太平 永兴 高坪 金竹 黄荆".split()
TOWNSHIPS = [place + rank for place in PLACES for rank in "镇乡"]
LEVELS = ["正常", "异常", "轻微", "严重", "不适用"]
FIELDS_EDITED = ["status", "f03", "f10", "f14", "f18", "remarks"]


class Writer:
    """Draws values; the same seed draws the same."""

    def __init__(self, seed):
        self.draw = random.Random(seed)

    def remarks(self):
        text = ""
        while len(text) < 36:
            text += self.draw.choice(PHRASES) + self.draw.choice("，。；")
        return text[:44]

    def mixed(self, number):
        """The twenty mixed fields: eight measurements, four counts, four choices, four short texts."""
        if number <= 8:
            return round(self.draw.gauss(50, 20), 2)
        if number <= 12:
            return self.draw.randrange(100_000)
        if number <= 16:
            return self.draw.choice(LEVELS)
        return self.draw.choice(PHRASES) + str(self.draw.randrange(1000))

    def document(self):
        fields = {
            "id": str(uuid.UUID(int=self.draw.getrandbits(128), version=4)),
            "kind": self.draw.choice(["inspection", "site", "photo"]),
            "site_id": f"S{self.draw.randrange(3000):05}",
            "township": self.draw.choice(TOWNSHIPS),
            "status": self.draw.choice(["draft", "submitted", "reviewed"]),
        }
        fields.update({f"f{number:02}": self.mixed(number) for number in range(1, 21)})
        return fields | {"remarks": self.remarks()}

    def new_value(self, field):
        return {
            "status": lambda: self.draw.choice(["closed", "returned"]),
            "f03": lambda: round(self.draw.gauss(1050, 20), 2),
            "f10": lambda: self.draw.randrange(100_000, 200_000),
            "f14": lambda: f"复核{self.draw.randrange(1000)}",
            "f18": lambda: f"修改{self.draw.randrange(100_000)}",
            "remarks": self.remarks,
        }[field]()

    def edit(self, document):
        field = self.draw.choice(FIELDS_EDITED)
        return {"id": document, "field": field, "value": self.new_value(field)}

    def disputed(self, edit):
        """Another value for what somebody else edits too."""
        value = self.new_value(edit["field"])
        while value == edit["value"]:
            value = self.new_value(edit["field"])
        return edit | {"value": value}


def dump(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write(folder, documents=DOCUMENTS):
    """Writes docs.jsonl, edits-b.json and edits-a.json into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    writer, ids = Writer(SEED), []
    with open(folder / "docs.jsonl", "w", encoding="utf-8") as out:
        for _ in range(documents):
            document = writer.document()
            ids.append(document["id"])
            out.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    edits = [writer.edit(one) for one in writer.draw.sample(ids, documents // EDITED_EVERY)]
    dump(folder / "edits-b.json", edits)
    dump(folder / "edits-a.json", [writer.disputed(one) for one in edits[: documents // DISPUTED_EVERY]])
