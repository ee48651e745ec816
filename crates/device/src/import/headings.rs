//! Which column of a foreign table fills which field: by id, label or what such columns are usually called.

use std::collections::HashMap;

use domain::datum::Datum;
use domain::forms::{Field, FieldType, Form};

use super::Reason;
use super::number::AREA_UNITS;
use super::table::{Cell, Sheet};

/// Lines above the table that may hold its name and remarks.
const LINES_ABOVE_MAX: usize = 15;
/// Headings that must be understood for a line to count as the heading line.
const UNDERSTOOD_MIN: usize = 2;

/// What columns are usually called, by path. A name that a field of the form has itself comes first.
const SYNONYMS: &[(&str, &[&str])] = &[
    (
        "code_local",
        &["编号", "地块编号", "图斑编号", "图斑号", "企业编号", "点位编号", "排污口编号", "排口编号", "code", "no"],
    ),
    ("code_national", &["国家编号", "全国编码", "入河排污口编码", "排污口编码", "统一编码"]),
    (
        "name",
        &[
            "地块名称",
            "企业名称",
            "单位名称",
            "点位名称",
            "测点名称",
            "排污口名称",
            "排口名称",
            "项目名称",
            "工程名称",
            "title",
        ],
    ),
    (
        "town",
        &[
            "镇街",
            "街镇",
            "乡镇",
            "镇",
            "属地",
            "所属镇街",
            "所在镇街",
            "所属乡镇",
            "乡镇街道",
            "镇街道",
            "街道",
            "town",
        ],
    ),
    ("village", &["村", "村居", "社区", "所属村", "所在村", "行政村", "村社区", "village"]),
    ("address", &["位置", "详细地址", "具体位置", "所在位置", "坐落", "地点", "四至", "location"]),
    ("found_at", &["发现日期", "上账时间", "上账日期", "挂账时间", "挂账日期", "登记日期", "date"]),
    ("source", &["问题来源", "线索来源", "数据来源"]),
    ("responsible_unit", &["责任主体", "权属单位", "使用单位", "管理单位", "建设单位", "责任人单位"]),
    ("credit_code", &["信用代码", "社会信用代码", "组织机构代码", "统一代码"]),
    ("contact_name", &["联系人姓名", "负责人", "责任人", "contact"]),
    ("contact_phone", &["电话", "手机", "手机号", "联系方式", "联系人电话", "tel", "mobile"]),
    ("note", &["说明", "其他", "remark", "remarks"]),
    ("area_declared_m2", &["面积", "占地面积", "裸地面积", "裸露面积", "地块面积", "图斑面积", "申报面积", "area"]),
    ("land_type", &["类型", "地块类型", "裸地类别", "类别"]),
    ("treatment_plan", &["治理措施", "整治方式", "治理方式"]),
    ("deadline", &["完成时限", "整改期限", "整改时限", "治理期限"]),
    ("treated_at", &["完成日期", "治理完成时间", "整治完成时间"]),
    ("river", &["河流", "受纳水体", "所在河流", "河流名称"]),
    ("class", &["排污口类型", "排口类型", "一级类型"]),
];
const LON: &[&str] = &["经度", "东经", "lon", "lng", "long", "longitude", "x", "中心经度", "x坐标", "经度e"];
const LAT: &[&str] = &["纬度", "北纬", "lat", "latitude", "y", "中心纬度", "y坐标", "纬度n"];
const BOTH: &[&str] = &["position", "坐标", "经纬度", "中心坐标", "地理坐标", "coordinates"];
/// Columns of our own exports that say what a record is, and the one that shows that a table is such an export.
const OWN: &[&str] = &["编号", "类型", "类别", "状态", "保存位置", "id", "type", "kind", "state", "custody"];
const OWN_MARK: &[&str] = &["保存位置", "custody"];
/// Columns that nobody misses.
const IGNORED: &[&str] = &["序号", "行号", "index", "no.", "#"];

/// What a column gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// The text or number of a field; a number is multiplied by the unit its heading gives.
    Field {
        path: String,
        unit: Option<&'static str>,
    },
    /// Longitude or latitude in a datum.
    Lon(Datum),
    Lat(Datum),
    /// Both in one cell.
    Both(Datum),
}

/// The heading line and what its columns give.
#[derive(Debug)]
pub(super) struct Headings {
    /// Which of the sheet's lines it is.
    pub line: usize,
    /// By column.
    pub columns: Vec<Option<Target>>,
    /// The texts, by column.
    pub texts: Vec<String>,
    /// Why a column is not taken.
    pub refused: Vec<(String, Reason)>,
}

/// The heading line: of the first lines the one with most headings that are understood.
pub(super) fn find(sheet: &Sheet, form: &Form, datum: Datum) -> Option<Headings> {
    let known = Known::of(form);
    let lines = sheet.lines.iter().take(LINES_ABOVE_MAX).enumerate();
    let all = lines.map(|(line, cells)| known.headings(line, cells, datum));
    let count = |h: &Headings| h.columns.iter().flatten().count();
    let best = all.reduce(|best, next| if count(&next) > count(&best) { next } else { best })?;
    (count(&best) >= UNDERSTOOD_MIN).then_some(best)
}

/// A heading as it is compared: no blanks, brackets alike, small letters.
fn plain(text: &str) -> String {
    let alike = |c: char| match c {
        '（' | '［' | '【' => '(',
        '）' | '］' | '】' => ')',
        '：' => ':',
        c => c,
    };
    let kept = text.chars().filter(|c| !c.is_whitespace() && !"*＊:：".contains(*c)).map(alike);
    kept.collect::<String>().to_lowercase()
}

/// A heading without what stands in brackets at its end, and that.
fn without_bracket(plain: &str) -> (&str, Option<&str>) {
    match plain.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        Some((before, inside)) if !before.is_empty() => (before, Some(inside)),
        _ => (plain, None),
    }
}

/// The names of a form's fields.
struct Known<'f> {
    by_name: HashMap<String, &'f Field>,
}

impl<'f> Known<'f> {
    fn of(form: &'f Form) -> Self {
        let mut by_name = HashMap::new();
        // Positions come from their own columns; a column 位置 of a ledger holds an address.
        let single = || form.fields.iter().filter(|f| !f.pattern.contains('*') && f.kind != FieldType::Point);
        for field in single() {
            for name in [&field.pattern, &field.label.zh, &field.label.en] {
                by_name.entry(plain(name)).or_insert(field);
            }
        }
        for (path, names) in SYNONYMS {
            let Some(field) = single().find(|f| f.pattern == *path) else { continue };
            for name in *names {
                by_name.entry(plain(name)).or_insert(field);
            }
        }
        Self { by_name }
    }

    fn headings(&self, line: usize, cells: &[Cell], datum: Datum) -> Headings {
        let mut out = Headings { line, columns: Vec::new(), texts: Vec::new(), refused: Vec::new() };
        let is_own = cells.iter().any(|c| OWN_MARK.contains(&plain(&c.display()).as_str()));
        for cell in cells {
            let text = match cell {
                Cell::Text(text) => text.clone(),
                _ => String::new(),
            };
            let target = match text.as_str() {
                "" => Ok(None),
                text if is_own && OWN.contains(&plain(text).as_str()) => Err(Reason::new(
                    "导入后是新记录，不沿用导出的编号和状态",
                    "an import makes new records; they do not take over this column",
                )),
                text => self.target(text, datum),
            };
            let target = target.and_then(|t| once(t, &out.columns));
            if let Err(reason) = &target {
                out.refused.push((text.clone(), reason.clone()));
            }
            out.columns.push(target.unwrap_or_default());
            out.texts.push(text);
        }
        out
    }

    /// What a heading means; `None` for a column that nobody misses.
    fn target(&self, text: &str, datum: Datum) -> Result<Option<Target>, Reason> {
        let whole = plain(text);
        let (name, bracket) = without_bracket(&whole);
        if IGNORED.contains(&name) {
            return Ok(None);
        }
        // Our own exports call them `位置/经度 (WGS-84)`.
        let last = name.rsplit('/').next().unwrap_or(name);
        let stated = bracket.and_then(Datum::from_name).unwrap_or(datum);
        for (names, target) in [(LON, Target::Lon(stated)), (LAT, Target::Lat(stated)), (BOTH, Target::Both(stated))] {
            if names.contains(&last) {
                return Ok(Some(target));
            }
        }
        let unit = bracket.and_then(|b| AREA_UNITS.iter().map(|(u, _)| *u).find(|u| *u == b));
        let field = match unit {
            // 面积（亩） is the area in another unit, even where a form computes a field of that name.
            Some(_) => self.by_name.get(name).or_else(|| self.by_name.get(&whole)),
            None => self.by_name.get(&whole).or_else(|| self.by_name.get(name)),
        };
        let Some(field) = field else {
            return Err(Reason::new("表单中没有这一列对应的字段", "the form has no field for this column"));
        };
        if field.derived {
            return Err(Reason::new("该字段由系统计算，不导入", "this field is computed and is not imported"));
        }
        if matches!(field.kind, FieldType::SignatureImage | FieldType::Document | FieldType::Line | FieldType::Polygon)
        {
            return Err(Reason::new("这类字段不能导入", "a field of this type cannot be imported"));
        }
        let unit = unit.filter(|_| field.unit.as_deref() == Some("m²"));
        Ok(Some(Target::Field { path: field.pattern.clone(), unit }))
    }
}

/// Two columns for one field: the first counts.
fn once(target: Option<Target>, before: &[Option<Target>]) -> Result<Option<Target>, Reason> {
    let same = |a: &Target, b: &Target| match (a, b) {
        (Target::Field { path: a, .. }, Target::Field { path: b, .. }) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    };
    match &target {
        Some(new) if before.iter().flatten().any(|old| same(new, old)) => {
            Err(Reason::new("前面已有一列对应同一字段", "an earlier column fills the same field"))
        }
        _ => Ok(target),
    }
}
