//! Forms, their expressions, and what is typed into their fields.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use device::capture::{parse_id, read_at, read_path_value};
use device::sync::HttpTransport;
use domain::DocType;
use domain::forms::{Catalogue, Context, Form};

/// Largest input that is still a form file somebody could write; above that only the size is tested.
const TEXT_BYTES_MAX: usize = 64 * 1024;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(TEXT_BYTES_MAX)]).into_owned()
}

/// A form file over those that ship.
pub fn form(bytes: &[u8]) {
    let Ok(catalogue) = Catalogue::load([("fuzzed.toml", text(bytes))]) else { return };
    for form in catalogue.forms() {
        let _evaluation = form.evaluate(&BTreeMap::new(), &Context::default());
    }
}

/// An expression of a small form, compiled and run.
pub fn expression(bytes: &[u8]) {
    let expression = serde_json::Value::String(text(&bytes[..bytes.len().min(2_000)])).to_string();
    let file = format!(
        "id = \"fuzzed\"\nversion = 1\nzh = \"试\"\nen = \"Fuzzed\"\n[patrol]\ntitle = \"name\"\n[[patrol.section]]\n\
         id = \"s\"\nzh = \"段\"\nen = \"Section\"\nfields = [\n\
         {{ id = \"name\", type = \"text\", zh = \"名\", en = \"Name\" }},\n\
         {{ id = \"depth\", type = \"decimal\", zh = \"深\", en = \"Depth\" }},\n\
         {{ id = \"out\", type = \"decimal\", zh = \"出\", en = \"Out\", computed = {expression} }},\n]\n"
    );
    let Ok(catalogue) = Catalogue::load([("fuzzed.toml", file)]) else { return };
    for form in catalogue.forms() {
        for depth in ["", "0", "-1.5", "79228162514264337593543950335"] {
            let depth = form.read("depth", depth).expect("a number");
            let values = [("depth".to_owned(), depth), ("name".to_owned(), domain::Value::text("密云"))];
            let _evaluation = form.evaluate(&values.into(), &Context::default());
        }
    }
}

fn fields() -> &'static [(&'static Form, String)] {
    static FIELDS: OnceLock<Vec<(&'static Form, String)>> = OnceLock::new();
    FIELDS.get_or_init(|| {
        let forms = Catalogue::embedded().forms();
        let paths = |form: &'static Form| form.fields.iter().map(move |f| (form, f.pattern.replace('*', "p1")));
        forms.into_iter().flat_map(paths).collect()
    })
}

/// The text of some field: what is read is also accepted when it arrives from elsewhere.
pub fn value(bytes: &[u8]) {
    let Some((pick, rest)) = bytes.split_at_checked(2) else { return };
    let at = usize::from(u16::from_le_bytes([pick[0], pick[1]])) % fields().len();
    let (form, path) = &fields()[at];
    read(form, path, &text(rest));
}

fn read(form: &Form, path: &str, text: &str) {
    if let Ok(value) = form.read(path, text) {
        let _json = value.to_json();
        form.accept(path, &value).unwrap_or_else(|e| panic!("{path}: '{text}' was read and is not accepted: {e}"));
    }
}

/// A position, a line or an area.
pub fn geometry(bytes: &[u8]) {
    let text = text(bytes);
    let site = Catalogue::embedded().form(DocType::Site, "bare-land").expect("it ships");
    let patrol = Catalogue::embedded().forms().into_iter().find(|f| f.doc_type == DocType::Patrol);
    for form in [Some(site), patrol].into_iter().flatten() {
        for field in &form.fields {
            let kind = format!("{:?}", field.kind);
            if ["Point", "Line", "Polygon"].contains(&kind.as_str()) {
                read(form, &field.pattern, &text);
            }
        }
    }
}

/// What is typed on a command line: addresses, ids, positions, fields.
pub fn arguments(bytes: &[u8]) {
    let text = text(bytes);
    let _transport = HttpTransport::new(&text, &text);
    let _id = parse_id(&text);
    if let Ok(position) = read_at(&text) {
        assert!(domain::Value::Point(position).check_size().is_ok(), "'{text}' is outside the globe");
    }
    let _set = read_path_value(&text);
    let _path = domain::change::check_path(&text);
    let _credit = domain::credit_code::check(&text);
}
