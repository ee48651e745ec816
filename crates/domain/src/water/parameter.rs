//! What is measured in water: the ids of forms and limits, Chinese names, and the other names people write.

/// A measured parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The id in forms and limits.
    pub id: &'static str,
    /// The Chinese name.
    pub zh: &'static str,
    /// The usual unit; empty for pH.
    pub unit: &'static str,
    /// Other names, compared without regard to case, blanks and punctuation.
    pub aliases: &'static [&'static str],
}

const fn p(id: &'static str, zh: &'static str, unit: &'static str, aliases: &'static [&'static str]) -> Parameter {
    Parameter { id, zh, unit, aliases }
}

/// Every parameter that has a limit, the ones of a usual outfall visit first.
pub const PARAMETERS: &[Parameter] = &[
    p("pH", "pH值", "", &["酸碱度"]),
    p("COD", "化学需氧量", "mg/L", &["CODCr", "COD Cr"]),
    p("BOD5", "五日生化需氧量", "mg/L", &["BOD", "生化需氧量"]),
    p("SS", "悬浮物", "mg/L", &["TSS"]),
    p("NH3-N", "氨氮", "mg/L", &["NH4-N", "NH3N", "ammonia"]),
    p("TN", "总氮", "mg/L", &["以N计总氮"]),
    p("TP", "总磷", "mg/L", &["以P计总磷"]),
    p("DO", "溶解氧", "mg/L", &["dissolved oxygen"]),
    p("CODMn", "高锰酸盐指数", "mg/L", &["IMn"]),
    p("water-temp", "水温", "℃", &["temperature", "温度"]),
    p("colour", "色度", "倍", &["color"]),
    p("TOC", "总有机碳", "mg/L", &[]),
    p("oil", "石油类", "mg/L", &["petroleum"]),
    p("animal-vegetable-oil", "动植物油", "mg/L", &["动植物油类"]),
    p("LAS", "阴离子表面活性剂", "mg/L", &["surfactant"]),
    p("phenol", "挥发酚", "mg/L", &["挥发性酚"]),
    p("CN", "氰化物", "mg/L", &["总氰化物", "cyanide"]),
    p("sulfide", "硫化物", "mg/L", &["sulphide"]),
    p("F", "氟化物", "mg/L", &["fluoride"]),
    p("fecal-coliform", "粪大肠菌群", "MPN/L", &["粪大肠菌群数", "faecal coliform"]),
    p("residual-chlorine", "总余氯", "mg/L", &["余氯"]),
    p("Cu", "铜", "mg/L", &["总铜"]),
    p("Zn", "锌", "mg/L", &["总锌"]),
    p("Se", "硒", "mg/L", &["总硒"]),
    p("As", "砷", "mg/L", &["总砷"]),
    p("Hg", "汞", "mg/L", &["总汞"]),
    p("Cd", "镉", "mg/L", &["总镉"]),
    p("Cr6", "六价铬", "mg/L", &["Cr6+", "Cr(VI)", "铬(六价)"]),
    p("Pb", "铅", "mg/L", &["总铅"]),
];

/// The parameter with this id, Chinese name or other name.
#[must_use]
pub fn parameter(name: &str) -> Option<&'static Parameter> {
    let wanted = folded(name);
    let same = |other: &str| folded(other) == wanted;
    PARAMETERS.iter().find(|p| same(p.id) || same(p.zh) || p.aliases.iter().any(|a| same(a)))
}

/// A name as compared: lower case, letters and digits only, subscripts as digits.
fn folded(name: &str) -> String {
    let plain = |c: char| match c {
        '₃' => '3',
        '₄' => '4',
        '₅' => '5',
        '₆' => '6',
        other => other,
    };
    let kept = |c: &char| c.is_alphanumeric();
    name.chars().map(plain).filter(kept).flat_map(char::to_lowercase).collect()
}
