//! The records of the story: what an inspector types on site, as `--set path=value`.

/// What every inspection of the story has in common.
pub const VISIT: &[&str] = &[
    "started_at=2026-11-20T09:30:00+08:00",
    "ended_at=2026-11-20T10:20:00+08:00",
    "weather=晴",
    "wind_mps=1.8",
    "rain=false",
    "officers/o1/name=张海涛",
    "officers/o1/certificate_no=11011800123",
    "officers/o2/name=赵立新",
    "officers/o2/certificate_no=11011800124",
    "recorder=赵立新",
    "id_shown=true",
    "rights_told=true",
    "party_name=王建国",
    "party_role=现场负责人",
    "party_id_no=110228197803150015",
    "party_phone=13800138000",
    "party_opinion=以上笔录已阅，记录属实",
    "conclusion=problem",
];

/// A bare plot in 太师屯镇.
pub const BARE_SITE: &[&str] = &[
    "name=令公村南拆迁裸地",
    "code_local=LD-TS-0063",
    "town=110118107",
    "address=令公村南口路西 200 米",
    "source=patrol",
    "found_at=2026-11-18",
    "responsible_unit=令公村村民委员会",
    "contact_name=王建国",
    "contact_phone=13800138000",
    "land_type=demolition",
    "land_use=集体建设用地",
    "area_declared_m2=3500",
    "treatment_plan=cover",
    "deadline=2026-12-10",
    r#"boundary={"type":"Polygon","coordinates":[[[117.1300,40.5300],[117.1308,40.5300],[117.1308,40.5305],[117.1300,40.5305],[117.1300,40.5300]]]}"#,
];

/// A visit to it.
pub const BARE_VISIT: &[&str] = &[
    "place=令公村南口",
    "cover_pct=35",
    "measures=[\"fence\",\"net-cover\"]",
    "dust_visible=true",
    "mounds_m3=120",
    "site_rules/fence=ok",
    "site_rules/cover=problem",
    "site_rules/wheel-wash=n/a",
    "site_rules/hardening=problem",
    "site_rules/wet-demolition=n/a",
    "site_rules/closed-trucks=ok",
    "findings=东侧拆迁后裸露，防尘网破损，现场有扬尘。",
    "problems/p1/what=裸露地面未全部覆盖",
    "problems/p1/deadline=2026-12-05",
];

/// A printing plant.
pub const VOC_SITE: &[&str] = &[
    "name=檀峰印务有限公司",
    "code_local=VOC-TS-0012",
    "town=110118107",
    "address=太师屯镇工业区 6 号",
    "source=assigned",
    "found_at=2026-11-19",
    "industry=包装印刷",
    "products=纸箱、软包装",
    "processes=胶印、覆膜、清洗",
    "treatment=[\"carbon\"]",
    "stack_height_m=15",
    "key_region=false",
];

/// A visit to it.
pub const VOC_VISIT: &[&str] = &[
    "place=印刷车间",
    "nmhc/n1/point=车间东门外 1 m",
    "nmhc/n1/kind=hour-mean",
    "nmhc/n1/value_mg_m3=8.6",
    "nmhc/n1/height_m=1.5",
    "nmhc/n2/point=车间南窗外 1 m",
    "nmhc/n2/kind=single",
    "nmhc/n2/value_mg_m3=31.2",
    "hoods/h1/name=1 号印刷机集气罩",
    "hoods/h1/velocity_mps=0.28",
    "carbon/c1/kind=honeycomb",
    "carbon/c1/filled_kg=600",
    "carbon/c1/velocity_mps=1.05",
    "carbon/c1/inlet_temp_c=36",
    "leaks/l1/component=清洗剂泵",
    "leaks/l1/medium=liquid",
    "leaks/l1/value_umol_mol=1500",
    "findings=车间南窗外任意一次浓度超过厂区内限值，1 号集气罩风速不足。",
    "problems/p1/what=收集系统风速不足",
];

/// A stone works.
pub const NOISE_SITE: &[&str] = &[
    "name=恒石石材厂厂界",
    "code_local=ZS-TS-0029",
    "town=110118107",
    "address=太师屯镇工业区 11 号",
    "source=complaint",
    "found_at=2026-11-19",
    "zone_class=2",
    "source_type=industry",
    "sensitive_distance_m=35",
];

/// A visit to it.
pub const NOISE_VISIT: &[&str] = &[
    "place=厂界东侧",
    "instrument_model=AWA6228+",
    "instrument_no=00301234",
    "calibrator_no=1009876",
    "cal_before_db=93.8",
    "cal_after_db=94.0",
    "points/p1/name=东厂界 1#",
    "points/p1/place=boundary",
    "points/p1/samples=[62.1,63.4,62.8,61.9,64.0,63.1,62.5,62.2,63.6,62.9]",
    "points/p1/duration_s=60",
    "points/p1/background_db=55.2",
    "points/p2/name=南厂界 2#",
    "points/p2/place=boundary",
    "points/p2/leq_db=57.2",
    "points/p2/duration_s=60",
    "points/p2/background_db=52.4",
    "findings=切割机运行时东厂界昼间超过 2 类区限值。",
    "problems/p1/what=厂界噪声超标",
];

/// An outfall.
pub const OUTFALL_SITE: &[&str] = &[
    "name=桑园村潮河左岸排口",
    "code_local=PK-TS-0117",
    "town=110118107",
    "source=patrol",
    "found_at=2026-11-19",
    "class=industrial",
    "river=潮河",
    "bank=left",
    "water_target=II",
    "shape=pipe",
    "size_mm=400",
    "material=混凝土",
    "discharge_mode=intermittent",
    "standard=DB11/307 A",
    "sign_board=false",
];

/// A visit to it; late November, so the winter bracket of NH3-N does not apply yet.
pub const OUTFALL_VISIT: &[&str] = &[
    "place=潮河左岸桑园村段",
    "discharging=true",
    "colour=微黄",
    "odour=无",
    "foam=false",
    "oil_film=false",
    "flow_m3_d=120",
    "water_temp_c=11.5",
    "samples/s1/sample_no=TS-20261120-01",
    "samples/s1/at=2026-11-20T09:50:00+08:00",
    "samples/s1/samplers=张海涛、赵立新",
    "samples/s1/place=outlet",
    "readings/r1/sample=s1",
    "readings/r1/parameter=COD",
    "readings/r1/value=26",
    "readings/r2/sample=s1",
    "readings/r2/parameter=NH3-N",
    "readings/r2/value=0.86",
    "readings/r3/sample=s1",
    "readings/r3/parameter=pH",
    "readings/r3/value=7.6",
    "findings=排口正在排水，COD 超过 DB11/307 表1 A 排放限值。",
    "problems/p1/what=COD 超标",
];

/// The arguments of `new` for a list of `path=value`.
pub fn new_args<'a>(head: &[&'a str], sets: &[&[&'a str]]) -> Vec<&'a str> {
    let values = sets.iter().flat_map(|s| s.iter().copied());
    head.iter().copied().chain(values.flat_map(|value| ["--set", value])).collect()
}
