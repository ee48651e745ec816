//! What is inspected, as data: the files of `forms/` and the forms made of them (`docs/forms.md`).

mod build;
mod check;
mod definition;
mod expression;
mod functions;
mod library;
mod measures;
mod read;
mod scope;
mod settings;
mod shape;
mod source;
mod workflow;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, OnceLock};

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

pub use check::{Context, Evaluation, PathVerdict, Problem};
pub use definition::{
    CheckGroup, Choice, Field, FieldRef, FieldType, Form, Item, Label, ROW_ID_BYTES_MAX, Rows, Rule, Section, Severity,
};
pub use expression::Expression;
pub use read::FieldError;
pub use scope::row_ids;
pub use settings::{Setting, Settings};
pub use workflow::{Evidence, Linked, Missing, Move, MoveError, Workflow};

use self::library::{Library, Loaded};
use self::source::{SourceForm, Text};
use crate::DocType;
use crate::limits::Limits;

static FORMS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../forms");
static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::unbuilt(embedded_files()));

fn embedded_files() -> Vec<FormFile> {
    let files = FORMS.files().filter(|f| f.path().extension().is_some_and(|e| e == "toml"));
    let named = files.filter_map(|f| Some((f.path().to_str()?.to_owned(), f.contents_utf8()?.to_owned())));
    named.map(|(name, text)| FormFile { name, text }).collect()
}

/// Whether a file ships with the program.
fn is_embedded(text: &str) -> bool {
    FORMS.files().any(|f| f.contents_utf8() == Some(text))
}

/// The file that holds limits and nothing else.
const LIMITS_FILE: &str = "limits.toml";
/// Most files of one catalogue.
const FILES_MAX: usize = 200;
/// Largest form file, bytes.
const FILE_BYTES_MAX: usize = 512 * 1024;

/// A fault in a form file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct FormError {
    /// The file's name.
    pub file: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// One file of the catalogue, as it is handed to devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormFile {
    /// Its name, unique in the catalogue.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// All forms in use, every version that a record may have been filled with.
#[derive(Clone, Debug)]
pub struct Catalogue {
    files: Vec<FormFile>,
    digest: String,
    /// Made of the files when it is first asked for: a device that only asks the server for news needs no form.
    built: Arc<OnceLock<Built>>,
}

/// What the files say.
#[derive(Debug)]
struct Built {
    forms: Vec<Arc<Form>>,
    latest: HashMap<(DocType, String), Arc<Form>>,
    settings: Arc<Settings>,
    limits: Arc<Limits>,
}

impl Catalogue {
    /// The forms that ship with the program.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a set of files; `limits.toml` is read as limits over those that ship.
    ///
    /// # Errors
    /// Every fault that was found, with file and line.
    pub fn load<N: Into<String>, T: Into<String>>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, Vec<FormError>> {
        let files = files.into_iter().map(|(name, text)| FormFile { name: name.into(), text: text.into() });
        Self::from_files(files.collect())
    }

    /// The files of `base` and others: a form with a known id and a higher version takes its place, the older version
    /// stays for the records filled with it.
    ///
    /// # Errors
    /// As [`Catalogue::load`].
    pub fn with_files<N: Into<String>, T: Into<String>>(
        base: &Self,
        extra: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, Vec<FormError>> {
        Self::from_files(base.files_with(extra))
    }

    fn from_files(files: Vec<FormFile>) -> Result<Self, Vec<FormError>> {
        let catalogue = Self::unbuilt(files);
        let built = Built::of(&catalogue.files, false)?;
        Ok(Self { built: Arc::new(OnceLock::from(built)), ..catalogue })
    }

    /// Files that were found good before; they are built when the first form is asked for.
    fn unbuilt(mut files: Vec<FormFile>) -> Self {
        files.sort();
        Self { digest: digest(&files), files, built: Arc::default() }
    }

    /// The same catalogue, not checked: for a set of files whose [`Catalogue::digest`] is known from an earlier load by
    /// this very program.
    #[must_use]
    pub fn with_known_files<N: Into<String>, T: Into<String>>(
        base: &Self,
        extra: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        Self::unbuilt(base.files_with(extra))
    }

    fn files_with<N: Into<String>, T: Into<String>>(&self, extra: impl IntoIterator<Item = (N, T)>) -> Vec<FormFile> {
        let mut files = self.files.clone();
        for (name, text) in extra {
            let (name, text) = (name.into(), text.into());
            if !files.iter().any(|f| f.text == text) {
                let name = free_name(&files, name);
                files.push(FormFile { name, text });
            }
        }
        files
    }

    fn built(&self) -> &Built {
        // Files that turn out bad after all leave the forms that ship: recording goes on.
        let build = || Built::of(&self.files, true).or_else(|_| Built::of(&embedded_files(), true));
        self.built.get_or_init(|| build().expect("a test loads the embedded forms"))
    }

    /// The newest form of a type and kind; photos, tasks and patrols have one form whatever their kind.
    #[must_use]
    pub fn form(&self, doc_type: DocType, kind: &str) -> Option<&Form> {
        let kind = if has_kinds(doc_type) { kind } else { "" };
        self.built().latest.get(&(doc_type, kind.to_owned())).map(AsRef::as_ref)
    }

    /// A form by its id (`site/noise`, `photo`) and version.
    #[must_use]
    pub fn form_version(&self, id: &str, version: u32) -> Option<&Form> {
        self.built().forms.iter().find(|f| f.id == id && f.version == version).map(AsRef::as_ref)
    }

    /// The newest form of every type and kind, by id.
    #[must_use]
    pub fn forms(&self) -> Vec<&Form> {
        let mut all: Vec<&Form> = self.built().latest.values().map(AsRef::as_ref).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The kinds of sites, in alphabetical order.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        let kinds: BTreeSet<&str> =
            self.built().forms.iter().map(|f| f.kind.as_str()).filter(|k| !k.is_empty()).collect();
        kinds.into_iter().collect()
    }

    /// The settings as they ship.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.built().settings
    }

    /// All limits: those of `limits.toml` and those that form files bring along.
    #[must_use]
    pub fn limits(&self) -> &Arc<Limits> {
        &self.built().limits
    }

    /// The files, by name, for handing to devices.
    #[must_use]
    pub fn files(&self) -> &[FormFile] {
        &self.files
    }

    /// SHA-256 of all files, hexadecimal: equal digests are equal forms.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl Built {
    /// Reads the files; with `known_good` the expressions of files that ship are compiled when they are first run.
    fn of(files: &[FormFile], known_good: bool) -> Result<Self, Vec<FormError>> {
        check_sizes(files)?;
        let (limit_files, form_files): (Vec<_>, Vec<_>) = files.iter().partition(|f| is_limits(&f.name));
        let limits = read_limits(&limit_files)?;
        let mut loaded = parse_all(&form_files)?;
        // A file that only shares parts or names may change what the forms that ship are made of.
        let only_forms = loaded.iter().all(|f| f.has_forms() || is_embedded(f.text.text));
        for file in &mut loaded {
            file.text.known_good = known_good || (only_forms && is_embedded(file.text.text));
        }
        let library = Library::new(&loaded, limits)?;
        let forms = build_all(&library)?;
        let (settings, limits) = (library.settings.clone(), library.limits.clone());
        Ok(Self { latest: latest(&forms), forms, settings, limits })
    }
}

fn has_kinds(doc_type: DocType) -> bool {
    matches!(doc_type, DocType::Site | DocType::Inspection)
}

fn is_limits(name: &str) -> bool {
    name.starts_with("limits.") || name == LIMITS_FILE
}

/// A name that no file has: a second `noise.toml` becomes `noise.2.toml`.
fn free_name(files: &[FormFile], name: String) -> String {
    let taken = |name: &str| files.iter().any(|f| f.name == name);
    let stem = name.strip_suffix(".toml").unwrap_or(&name).to_owned();
    let mut candidate = name;
    let mut number = 2;
    while taken(&candidate) {
        candidate = format!("{stem}.{number}.toml");
        number += 1;
    }
    candidate
}

fn check_sizes(files: &[FormFile]) -> Result<(), Vec<FormError>> {
    let too_many = (files.len() > FILES_MAX).then(|| FormError {
        file: "forms".into(),
        line: 1,
        message: format!("{} files; the most is {FILES_MAX}", files.len()),
    });
    let too_large = files.iter().filter(|f| f.text.len() > FILE_BYTES_MAX).map(|f| FormError {
        file: f.name.clone(),
        line: 1,
        message: format!("{} bytes; the most is {FILE_BYTES_MAX}", f.text.len()),
    });
    let errors: Vec<FormError> = too_many.into_iter().chain(too_large).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The limits that ship, with those of the files over them.
fn read_limits(files: &[&FormFile]) -> Result<Limits, Vec<FormError>> {
    files.iter().try_fold(Limits::embedded().clone(), |limits, file| {
        limits
            .merged_with(&file.text)
            .map_err(|e| vec![FormError { file: file.name.clone(), line: e.line, message: e.message }])
    })
}

fn parse_all<'a>(files: &[&'a FormFile]) -> Result<Vec<Loaded<'a>>, Vec<FormError>> {
    let mut errors = Vec::new();
    let mut loaded = Vec::new();
    for file in files {
        let text = Text { name: &file.name, text: &file.text, known_good: false };
        match text.parse() {
            Ok(source) => loaded.push(Loaded { text, source }),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(loaded) } else { Err(errors) }
}

fn build_all(library: &Library<'_>) -> Result<Vec<Arc<Form>>, Vec<FormError>> {
    let mut errors = Vec::new();
    let mut forms: BTreeMap<(String, u32), Arc<Form>> = BTreeMap::new();
    for file in library.files.iter().filter(|f| f.has_forms()) {
        match build_file(library, file) {
            Err(found) => errors.extend(found),
            Ok(built) => {
                for form in built {
                    let key = (form.id.clone(), form.version);
                    if forms.insert(key, Arc::new(form)).is_some() {
                        errors.push(twice(file));
                    }
                }
            }
        }
    }
    let unused = library.files.iter().filter(|f| !f.has_forms()).filter_map(|f| f.source.id.as_ref().map(|id| (f, id)));
    errors.extend(unused.map(|(f, id)| f.text.error(&id.span(), "a file with an 'id' needs a form, such as [site]")));
    if errors.is_empty() { Ok(forms.into_values().collect()) } else { Err(errors) }
}

fn twice(file: &Loaded<'_>) -> FormError {
    let span = file.source.id.as_ref().map_or(0..0, toml::Spanned::span);
    let message = format!("another file has this form in version {} too; raise 'version'", file.source.version);
    file.text.error(&span, message)
}

fn build_file(library: &Library<'_>, file: &Loaded<'_>) -> Result<Vec<Form>, Vec<FormError>> {
    let source = &file.source;
    let (Some(id), Some(zh), Some(en)) = (&source.id, &source.zh, &source.en) else {
        return Err(vec![file.text.error(&(0..0), "a file with a form needs 'id', 'zh' and 'en'")]);
    };
    let parts: [(DocType, &Option<SourceForm>); 5] = [
        (DocType::Site, &source.site),
        (DocType::Inspection, &source.inspection),
        (DocType::Photo, &source.photo),
        (DocType::Task, &source.task),
        (DocType::Patrol, &source.patrol),
    ];
    let mut site = None;
    let mut forms = Vec::new();
    let mut errors = Vec::new();
    for (doc_type, part) in parts {
        let Some(part) = part else { continue };
        let kind = if has_kinds(doc_type) { id.get_ref().clone() } else { String::new() };
        let label = build::label(zh, en);
        let building = build::Building { library, file, doc_type, kind, label, site: site.clone() };
        match build::form(&building, part) {
            Ok(form) if doc_type == DocType::Site => {
                site = Some(form.names());
                forms.push(form);
            }
            Ok(form) => forms.push(form),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(forms) } else { Err(errors) }
}

impl Form {
    /// The names an inspection may put behind `site.`.
    fn names(&self) -> BTreeSet<String> {
        self.patterns().map(|p| p.split('/').next().unwrap_or(p).to_owned()).collect()
    }
}

fn latest(forms: &[Arc<Form>]) -> HashMap<(DocType, String), Arc<Form>> {
    let mut out: HashMap<(DocType, String), Arc<Form>> = HashMap::new();
    for form in forms {
        let key = (form.doc_type, form.kind.clone());
        if out.get(&key).is_none_or(|known| known.version < form.version) {
            out.insert(key, form.clone());
        }
    }
    out
}

/// Names and texts with their lengths, so that no two sets of files have the same bytes.
fn digest(files: &[FormFile]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        for part in [&file.name, &file.text] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_forms_load() {
        // With a line more no file is taken for one that ships: every expression is compiled.
        let files = embedded_files().into_iter().map(|f| (f.name, f.text + "\n# checked\n"));
        if let Err(errors) = Catalogue::load(files) {
            panic!("{}", errors.iter().map(|e| format!("{e}\n")).collect::<String>());
        }
    }
}
