//! Tables of a TOML text whose errors know the line, the column and the field.
//!
//! It knows how fields are written and nothing of what they mean.

use std::collections::BTreeMap;
use std::num::IntErrorKind;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::de::{DeString, DeTable, DeValue};

use super::settings::Settings;
use super::{FileError, Written};
use crate::scenario::Protocol;
use crate::scenario::words::{UnknownWord, printable};
use crate::units::UnitError;

/// The text of a file, and its name.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) file: &'t str,
    pub(super) text: &'t str,
}

impl<'t> Text<'t> {
    /// An error about what stands at `span`.
    pub(super) fn error(
        &self,
        span: Range<usize>,
        field: &str,
        message: impl Into<String>,
    ) -> FileError {
        // A span of the parser never divides a character; if one did, the start of the text is
        // still a place.
        let before = self.text.get(..span.start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        FileError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            field: printable(field.to_owned()),
            message: printable(message.into()),
        }
    }

    /// What is written at `span`, on one line and not too long for one.
    fn written(&self, span: &Range<usize>) -> String {
        let text = self.text.get(span.clone()).unwrap_or("").lines().next().unwrap_or("");
        let short: String = text.chars().take(40).collect();
        if short.len() < text.len() { format!("{short}...") } else { short }
    }
}

/// Where every field stands: in which text, and where in it.
#[derive(Default)]
pub(super) struct Spans<'t>(BTreeMap<String, (Text<'t>, Range<usize>)>);

impl<'t> Spans<'t> {
    pub(super) fn find(&self, path: &str) -> Option<(Text<'t>, Range<usize>)> {
        self.0.get(path).cloned()
    }
}

/// One value and where it stands.
#[derive(Clone)]
pub(in crate::scenario) struct Field<'t> {
    text: Text<'t>,
    path: String,
    span: Range<usize>,
    value: DeValue<'t>,
}

impl<'t> Field<'t> {
    /// An error about this field.
    pub(super) fn error(&self, message: impl Into<String>) -> FileError {
        self.text.error(self.span.clone(), &self.path, message)
    }

    /// A section in which nothing stands, at the place of this field.
    fn emptied(&self, path: &str) -> Self {
        let value = DeValue::Table(DeTable::new());
        Field { text: self.text, path: path.to_owned(), span: self.span.clone(), value }
    }

    /// The values of a table and of the tables in it, with their paths below it, as they stand in
    /// the text.
    pub(super) fn leaves(self) -> Result<Vec<(String, Field<'t>)>, FileError> {
        let wrong = self.error(format!("{}; write a section", self.kind()));
        let Field { text, path, value, .. } = self;
        let DeValue::Table(table) = value else {
            return Err(wrong);
        };
        let mut leaves = Vec::new();
        for (key, value) in keyed(table) {
            let key = key.get_ref().to_string();
            let (span, value) = (value.span(), value.into_inner());
            let path = format!("{path}.{key}");
            let field = Field { text, path, span, value };
            match &field.value {
                DeValue::Table(_) => {
                    let below = field.leaves()?.into_iter();
                    leaves.extend(below.map(|(path, leaf)| (format!("{key}.{path}"), leaf)));
                }
                _ => leaves.push((key, field)),
            }
        }
        // The keys of one table may stand between those of another.
        leaves.sort_by_key(|(_, leaf)| leaf.span.start);
        Ok(leaves)
    }

    /// Is it a list?
    pub(super) fn is_list(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    /// The values of a list; `example` shows one.
    pub(super) fn list(&self, example: &str) -> Result<Vec<Field<'t>>, FileError> {
        let DeValue::Array(values) = &self.value else {
            return Err(self.error(format!("{}; write a list, {example}", self.kind())));
        };
        if values.is_empty() {
            return Err(self.error(format!("is empty; write at least one value, {example}")));
        }
        let Field { text, path, .. } = self;
        let field = |value: &toml::Spanned<DeValue<'t>>| Field {
            text: *text,
            path: path.clone(),
            span: value.span(),
            value: value.get_ref().clone(),
        };
        Ok(values.iter().map(field).collect())
    }

    /// A text, a whole number or a flag, as it is written; a number that no field takes is a text.
    pub(super) fn written(&self) -> Result<Written, FileError> {
        match &self.value {
            DeValue::String(text) => Ok(Written::Text(text.trim().to_owned())),
            DeValue::Integer(_) => Ok(match self.whole(0..=u64::MAX) {
                Ok(number) => Written::Whole(number),
                Err(_) => Written::Text(self.text.written(&self.span)),
            }),
            DeValue::Boolean(flag) => Ok(Written::Flag(*flag)),
            _ => Err(self.error(format!(
                "{}; write a text in quotes, a whole number, true or false",
                self.kind()
            ))),
        }
    }

    fn kind(&self) -> String {
        let kind = match &self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => return "a table".to_owned(),
        };
        format!("`{}` is {kind}", self.text.written(&self.span))
    }

    /// A text; `example` shows one with its quotes.
    pub(super) fn text(&self, example: &str) -> Result<&str, FileError> {
        match &self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.error(format!("{}; write a text, for example {example}", self.kind()))),
        }
    }

    /// A quantity with its unit, in quotes.
    pub(in crate::scenario) fn quantity<T: FromStr<Err = UnitError>>(
        &self,
        example: &str,
    ) -> Result<T, FileError> {
        if let DeValue::Integer(_) | DeValue::Float(_) = self.value {
            let number = self.text.written(&self.span);
            let wrong = match number.starts_with('-') {
                true => "is negative",
                false => "has no unit",
            };
            return Err(self.error(format!(
                "`{number}` {wrong}; write a quantity with its unit, for example \"{example}\""
            )));
        }
        self.text(&format!("\"{example}\""))?
            .parse()
            .map_err(|error: UnitError| self.error(error.to_string()))
    }

    /// A quantity, or the word that means none.
    pub(in crate::scenario) fn unless<T: FromStr<Err = UnitError>>(
        &self,
        none: &str,
        example: &str,
    ) -> Result<Option<T>, FileError> {
        match &self.value {
            DeValue::String(text) if text.trim() == none => Ok(None),
            _ => self.quantity(example).map(Some),
        }
    }

    /// A quantity within the text of this field.
    pub(super) fn part<T: FromStr<Err = UnitError>>(&self, part: &str) -> Result<T, FileError> {
        part.parse().map_err(|error: UnitError| self.error(error.to_string()))
    }

    /// A whole number within limits.
    pub(in crate::scenario) fn whole(&self, limits: RangeInclusive<u64>) -> Result<u64, FileError> {
        let DeValue::Integer(integer) = &self.value else {
            return Err(self.error(format!(
                "{}; write a whole number without quotes, for example 4",
                self.kind()
            )));
        };
        let digits = integer.as_str();
        let wrong = match u64::from_str_radix(digits, integer.radix()) {
            Ok(number) if limits.contains(&number) => return Ok(number),
            _ if digits.starts_with('-') => "is negative",
            Ok(number) if number < *limits.start() => "is too small",
            Err(error) if *error.kind() != IntErrorKind::PosOverflow => "is no number",
            _ => "is too large",
        };
        let (written, least, most) = (self.text.written(&self.span), limits.start(), limits.end());
        Err(self.error(format!("`{written}` {wrong}; write {least} to {most}")))
    }

    /// True or false.
    pub(in crate::scenario) fn flag(&self) -> Result<bool, FileError> {
        match self.value {
            DeValue::Boolean(flag) => Ok(flag),
            _ => Err(self.error(format!("{}; write true or false, without quotes", self.kind()))),
        }
    }

    /// One of the words of an enum.
    pub(in crate::scenario) fn word<T: FromStr<Err = UnknownWord>>(&self) -> Result<T, FileError> {
        match &self.value {
            DeValue::String(text) => {
                text.trim().parse().map_err(|error: UnknownWord| self.error(error.to_string()))
            }
            _ => {
                // What an unknown word is told ends with the words that are known.
                let told = "".parse::<T>().err().map_or(String::new(), |error| error.to_string());
                let known = told.split_once("; ").map_or("write a word", |(_, known)| known);
                Err(self.error(format!("{}; {known}, in quotes", self.kind())))
            }
        }
    }
}

/// The tables that a text may have, and the fields of each.
pub(super) type Known = &'static [(&'static str, &'static [&'static str])];

/// What a scenario may say.
pub(super) const KNOWN: Known = &[
    ("", &["name", "about", "file", "source", "peers", "protocol", "network", "discipline", "run"]),
    ("file", &["size", "chunk"]),
    ("source", &["upload", "leaves", "latency", "burst"]),
    (
        "peers",
        &[
            "count",
            "upload",
            "download",
            "joins",
            "leaves",
            "behavior",
            "latency",
            "burst",
            "holds",
            "wants",
            "reachable",
        ],
    ),
    ("protocol", Protocol::NAMES),
    ("network", &["latency", "burst"]),
    ("discipline", &["cut_through", "multi_source", "coded", "stall"]),
    ("run", &["seed", "until"]),
];

/// What a text may say, and what is set over it.
#[derive(Clone, Copy)]
pub(super) struct Form<'t> {
    pub(super) text: Text<'t>,
    pub(super) known: Known,
    pub(super) settings: &'t Settings<'t>,
}

/// A table whose fields are all known; each is taken once.
pub(in crate::scenario) struct Table<'t> {
    form: Form<'t>,
    path: String,
    /// Where it stands; in the text of a setting when only that has it.
    text: Text<'t>,
    span: Range<usize>,
    fields: BTreeMap<String, Field<'t>>,
}

impl<'t> Table<'t> {
    /// The whole text.
    pub(super) fn root(form: Form<'t>, spans: &mut Spans<'t>) -> Result<Self, FileError> {
        let Form { text, settings, .. } = form;
        let table = DeTable::parse(text.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let what = error.message().replace('\n', ", ");
            let line = text.written(&(line_start(text.text, span.start)..text.text.len()));
            text.error(span, "", format!("this is not TOML: {what} in `{}`", line.trim()))
        })?;
        let value = DeValue::Table(table.into_inner());
        let mut root =
            Table::new(form, Field { text, path: String::new(), span: 0..0, value }, spans)?;
        for (section, value) in settings.sections() {
            let is_table = |field: &Field<'_>| matches!(field.value, DeValue::Table(_));
            if !root.fields.get(section).is_some_and(is_table) {
                root.fields.insert(section.to_owned(), value.emptied(section));
            }
        }
        Ok(root)
    }

    /// The table that `field` is, with what is set over it.
    fn new(form: Form<'t>, field: Field<'t>, spans: &mut Spans<'t>) -> Result<Self, FileError> {
        let Field { text, path, span, value } = field;
        let DeValue::Table(table) = value else { unreachable!("the caller has looked") };
        let section = path.split('[').next().unwrap_or("");
        let known = form.known.iter().find(|(name, _)| *name == section);
        let (_, known) = known.expect("every table that is read stands in its list");
        spans.0.insert(path.clone(), (text, span.clone()));
        let below = |name: &str| match path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let mut fields = BTreeMap::new();
        for (key, value) in keyed(table) {
            let name = key.get_ref().to_string();
            let field_path = below(&name);
            if !known.contains(&name.as_str()) {
                let message = format!("unknown field `{name}`; write one of {}", known.join(", "));
                return Err(text.error(key.span(), &field_path, message));
            }
            let (span, value) = (value.span(), value.into_inner());
            fields.insert(name, Field { text, path: field_path, span, value });
        }
        for (name, value) in form.settings.of(&path) {
            fields.insert(name.to_owned(), value.clone());
        }
        for (name, field) in &fields {
            spans.0.insert(below(name), (field.text, field.span.clone()));
        }
        Ok(Table { form, path, text, span, fields })
    }

    /// An error about the table as a whole.
    pub(super) fn error(&self, message: impl Into<String>) -> FileError {
        self.text.error(self.span.clone(), &self.path, message)
    }

    fn missing(&self, name: &str, example: &str) -> FileError {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{name}", self.path);
        self.text.error(self.span.clone(), &path, format!("is missing; write {example}"))
    }

    /// A field, if it is there.
    pub(in crate::scenario) fn take(&mut self, name: &str) -> Option<Field<'t>> {
        self.fields.remove(name)
    }

    /// Takes a field that is this word; leaves any other.
    pub(super) fn take_word(&mut self, name: &str, word: &str) -> bool {
        let field = self.fields.get(name);
        let is =
            field.is_some_and(|field| matches!(&field.value, DeValue::String(it) if it == word));
        if is {
            self.fields.remove(name);
        }
        is
    }

    /// Nothing is left; an error about the first field that is, `wrong` being what is wrong with
    /// it.
    pub(super) fn is_empty(&self, wrong: &str) -> Result<(), FileError> {
        let first = self.fields.values().min_by_key(|field| field.span.start);
        first.map_or(Ok(()), |field| Err(field.error(wrong)))
    }

    /// A field that must be there.
    pub(super) fn need(&mut self, name: &str, example: &str) -> Result<Field<'t>, FileError> {
        self.take(name).ok_or_else(|| self.missing(name, example))
    }

    /// A section, if it is there.
    pub(super) fn table(
        &mut self,
        name: &str,
        spans: &mut Spans<'t>,
    ) -> Result<Option<Table<'t>>, FileError> {
        let Some(field) = self.take(name) else {
            return Ok(None);
        };
        match field.value {
            DeValue::Table(_) => Table::new(self.form, field, spans).map(Some),
            _ => Err(field.error(format!("is no section; write [{name}] once, on its own line"))),
        }
    }

    /// A section that must be there.
    pub(super) fn need_table(
        &mut self,
        name: &str,
        example: &str,
        spans: &mut Spans<'t>,
    ) -> Result<Table<'t>, FileError> {
        self.table(name, spans)?.ok_or_else(|| self.missing(name, example))
    }

    /// A section that is written once or several times.
    pub(super) fn need_tables(
        &mut self,
        name: &str,
        example: &str,
        spans: &mut Spans<'t>,
    ) -> Result<Vec<Table<'t>>, FileError> {
        let field = self.need(name, example)?;
        let wrong = field.error(format!("is no list of sections; write {example}"));
        let Field { text, path, value, .. } = field;
        let DeValue::Array(tables) = value else {
            return Err(wrong);
        };
        self.form.settings.fit(&path, tables.len())?;
        let mut read = Vec::new();
        for (at, table) in tables.into_iter().enumerate() {
            let (span, value) = (table.span(), table.into_inner());
            if !matches!(value, DeValue::Table(_)) {
                return Err(wrong);
            }
            let field = Field { text, path: format!("{path}[{at}]"), span, value };
            read.push(Table::new(self.form, field, spans)?);
        }
        Ok(read)
    }
}

/// The entries of a table in the order of the text, so that of several errors the first one is
/// told.
fn keyed(table: DeTable<'_>) -> Vec<(toml::Spanned<DeString<'_>>, toml::Spanned<DeValue<'_>>)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Where the line of `at` starts.
fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}
