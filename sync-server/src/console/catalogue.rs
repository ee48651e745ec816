//! The words of the console's pages: kinds with their states and columns, townships.

use domain::forms::{Choice, Field, FieldType, Form, Item, Label};
use domain::{DocType, places};
use serde::Serialize;

use crate::accounts::Caller;
use crate::error::ServerError;
use crate::permission::Permission;
use crate::server::Server;

/// The section that every site has; what of it a ledger shows stands in columns of its own.
const EVERY_SITE: &str = "basics";

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<&Label> for Words {
    fn from(label: &Label) -> Self {
        Self { zh: label.zh.clone(), en: label.en.clone() }
    }
}

impl Words {
    /// A name that is the same in both languages.
    #[must_use]
    pub fn name(text: &str) -> Self {
        Self { zh: text.to_owned(), en: text.to_owned() }
    }
}

/// One of several answers, or a state.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChoiceWords {
    /// As it is stored.
    pub id: String,
    /// As it is read.
    pub label: Words,
}

impl From<&Choice> for ChoiceWords {
    fn from(choice: &Choice) -> Self {
        Self { id: choice.id.clone(), label: Words::from(&choice.label) }
    }
}

/// A field of the form that a ledger can show.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ColumnWords {
    /// Where it is stored.
    pub path: String,
    /// What it is called.
    pub label: Words,
    /// What it holds: `choice`, `decimal`, `date` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Unit of a number.
    pub unit: Option<String>,
    /// Whether it is computed from others.
    pub derived: bool,
    /// Its answers, if it has such.
    pub choices: Vec<ChoiceWords>,
}

/// A kind of ledger.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct KindWords {
    /// Its name in documents.
    pub id: String,
    /// What it is called.
    pub label: Words,
    /// Its states, in the order of a normal course.
    pub states: Vec<ChoiceWords>,
    /// The states in which there is still something to do.
    pub open: Vec<String>,
    /// What its ledger can show beside name, township and state.
    pub columns: Vec<ColumnWords>,
}

/// A township.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TownWords {
    /// Nine digits.
    pub code: String,
    /// Its Chinese name.
    pub name: String,
}

/// The words of the pages of one user.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CatalogueAnswer {
    /// The kinds of sites.
    pub kinds: Vec<KindWords>,
    /// The townships this user may see.
    pub towns: Vec<TownWords>,
}

impl Server {
    /// The words of the console's pages.
    ///
    /// # Errors
    /// When the caller may not use the console.
    pub fn catalogue(&self, caller: &Caller) -> Result<CatalogueAnswer, ServerError> {
        caller.may(Permission::UseConsole)?;
        let sites = self.forms().forms().into_iter().filter(|form| form.doc_type == DocType::Site);
        let mine = places::towns().iter().filter(|town| caller.user().has_town(&town.code));
        Ok(CatalogueAnswer {
            kinds: sites.map(kind_words).collect(),
            towns: mine.map(|town| TownWords { code: town.code.clone(), name: town.name.clone() }).collect(),
        })
    }
}

fn kind_words(form: &Form) -> KindWords {
    let workflow = form.workflow.as_ref();
    KindWords {
        id: form.kind.clone(),
        label: Words::from(&form.label),
        states: workflow.map(|w| w.states.iter().map(ChoiceWords::from).collect()).unwrap_or_default(),
        open: workflow.map(|w| w.open.clone()).unwrap_or_default(),
        columns: columns(form).map(column_words).collect(),
    }
}

/// The fields of a form that fit into a cell of a ledger.
pub fn columns(form: &Form) -> impl Iterator<Item = &Field> {
    use FieldType::{Bool, Choice, Date, Decimal, Int};
    let sections = form.sections.iter().filter(|section| section.id != EVERY_SITE);
    let fields = sections.flat_map(|section| &section.items).filter_map(|item| match item {
        Item::Field { field } => form.fields.get(*field),
        _ => None,
    });
    fields.filter(|field| !field.sensitive && matches!(field.kind, Bool | Choice | Date | Decimal | Int))
}

fn column_words(field: &Field) -> ColumnWords {
    ColumnWords {
        path: field.pattern.clone(),
        label: Words::from(&field.label),
        kind: type_word(field.kind),
        unit: field.unit.clone(),
        derived: field.derived,
        choices: field.choices.iter().map(ChoiceWords::from).collect(),
    }
}

/// The word of a field's type in form files.
#[must_use]
pub fn type_word(kind: FieldType) -> String {
    let word = FieldType::WORDS.iter().find(|(_, known)| *known == kind).map(|(word, _)| *word);
    word.unwrap_or_default().to_owned()
}
