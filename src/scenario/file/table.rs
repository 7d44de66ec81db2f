//! Tables of a TOML text whose errors know the line, the column and the field.
//!
//! It knows how fields are written and nothing of what they mean. The types to know are [`Table`]
//! and [`Field`].

use std::collections::BTreeMap;
use std::num::IntErrorKind;
use std::ops::Range;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::FileError;
use crate::scenario::words::printable;
use crate::units::{Time, UnitError};

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

/// Where every field stands.
#[derive(Default)]
pub(super) struct Spans(BTreeMap<String, Range<usize>>);

impl Spans {
    pub(super) fn find(&self, path: &str) -> Option<Range<usize>> {
        self.0.get(path).cloned()
    }
}

/// One value and where it stands.
pub(super) struct Field<'t> {
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
    pub(super) fn quantity<T: FromStr<Err = UnitError>>(
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
    pub(super) fn unless<T: FromStr<Err = UnitError>>(
        &self,
        none: &str,
        example: &str,
    ) -> Result<Option<T>, FileError> {
        match &self.value {
            DeValue::String(text) if text.trim() == none => Ok(None),
            _ => self.quantity(example).map(Some),
        }
    }

    /// A time within the text of this field.
    pub(super) fn part(&self, time: &str) -> Result<Time, FileError> {
        time.parse().map_err(|error: UnitError| self.error(error.to_string()))
    }

    /// A whole number from 0 to `most`.
    pub(super) fn whole(&self, most: u64) -> Result<u64, FileError> {
        let DeValue::Integer(integer) = &self.value else {
            return Err(self.error(format!(
                "{}; write a whole number without quotes, for example 4",
                self.kind()
            )));
        };
        let digits = integer.as_str();
        let written = self.text.written(&self.span);
        if digits.starts_with('-') {
            return Err(self.error(format!("`{written}` is negative; write 0 to {most}")));
        }
        match u64::from_str_radix(digits, integer.radix()) {
            Ok(number) if number <= most => Ok(number),
            Err(error) if *error.kind() != IntErrorKind::PosOverflow => {
                Err(self.error(format!("`{written}` is no number; write 0 to {most}")))
            }
            _ => Err(self.error(format!("`{written}` is too large; write at most {most}"))),
        }
    }

    /// True or false.
    pub(super) fn flag(&self) -> Result<bool, FileError> {
        match self.value {
            DeValue::Boolean(flag) => Ok(flag),
            _ => Err(self.error(format!("{}; write true or false, without quotes", self.kind()))),
        }
    }

    /// One of the words of an enum.
    pub(super) fn word<T: FromStr<Err = String>>(&self) -> Result<T, FileError> {
        match &self.value {
            DeValue::String(text) => text.trim().parse().map_err(|error: String| self.error(error)),
            _ => {
                // What an unknown word is told ends with the words that are known.
                let told = "".parse::<T>().err().unwrap_or_default();
                let known = told.split_once("; ").map_or("write a word", |(_, known)| known);
                Err(self.error(format!("{}; {known}, in quotes", self.kind())))
            }
        }
    }
}

/// The fields that a table may have.
const KNOWN: &[(&str, &[&str])] = &[
    ("", &["name", "about", "file", "source", "peers", "protocol", "network", "discipline", "run"]),
    ("file", &["size", "chunk"]),
    ("source", &["upload", "leaves", "latency", "burst"]),
    ("peers", &["count", "upload", "download", "joins", "leaves", "behavior", "latency", "burst"]),
    (
        "protocol",
        &[
            "neighbors",
            "unchoke_slots",
            "rechoke",
            "optimistic",
            "picker",
            "choker",
            "seeding",
            "super_seeding",
            "announce",
        ],
    ),
    ("network", &["latency", "burst"]),
    ("discipline", &["cut_through", "multi_source", "coded"]),
    ("run", &["seed", "until"]),
];

/// A table whose fields are all known; each is taken once.
pub(super) struct Table<'t> {
    text: Text<'t>,
    path: String,
    span: Range<usize>,
    fields: BTreeMap<String, Field<'t>>,
}

impl<'t> Table<'t> {
    /// The whole text.
    pub(super) fn root(text: Text<'t>, spans: &mut Spans) -> Result<Self, FileError> {
        let table = DeTable::parse(text.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let what = error.message().replace('\n', ", ");
            let line = text.written(&(line_start(text.text, span.start)..text.text.len()));
            text.error(span, "", format!("this is not TOML: {what} in `{}`", line.trim()))
        })?;
        Table::new(text, String::new(), 0..0, table.into_inner(), spans)
    }

    fn new(
        text: Text<'t>,
        path: String,
        span: Range<usize>,
        table: DeTable<'t>,
        spans: &mut Spans,
    ) -> Result<Self, FileError> {
        let section = path.split('[').next().unwrap_or("");
        let known = KNOWN.iter().find(|(name, _)| *name == section);
        let (_, known) = known.expect("every table that is read stands in KNOWN");
        spans.0.insert(path.clone(), span.clone());
        let mut fields = BTreeMap::new();
        // In the order of the text, so that of several errors the first one is told.
        let mut entries: Vec<_> = table.into_iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = key.get_ref().to_string();
            let dot = if path.is_empty() { "" } else { "." };
            let field_path = format!("{path}{dot}{name}");
            if !known.contains(&name.as_str()) {
                let message = format!("unknown field `{name}`; write one of {}", known.join(", "));
                return Err(text.error(key.span(), &field_path, message));
            }
            let span = value.span();
            spans.0.insert(field_path.clone(), span.clone());
            let value = value.into_inner();
            fields.insert(name, Field { text, path: field_path, span, value });
        }
        Ok(Table { text, path, span, fields })
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
    pub(super) fn take(&mut self, name: &str) -> Option<Field<'t>> {
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
        spans: &mut Spans,
    ) -> Result<Option<Table<'t>>, FileError> {
        let Some(field) = self.take(name) else {
            return Ok(None);
        };
        let wrong = field.error(format!("is no section; write [{name}] once, on its own line"));
        let Field { text, path, span, value } = field;
        match value {
            DeValue::Table(table) => Table::new(text, path, span, table, spans).map(Some),
            _ => Err(wrong),
        }
    }

    /// A section that must be there.
    pub(super) fn need_table(
        &mut self,
        name: &str,
        example: &str,
        spans: &mut Spans,
    ) -> Result<Table<'t>, FileError> {
        self.table(name, spans)?.ok_or_else(|| self.missing(name, example))
    }

    /// A section that is written once or several times.
    pub(super) fn need_tables(
        &mut self,
        name: &str,
        example: &str,
        spans: &mut Spans,
    ) -> Result<Vec<Table<'t>>, FileError> {
        let field = self.need(name, example)?;
        let wrong = field.error(format!("is no list of sections; write {example}"));
        let Field { text, path, value, .. } = field;
        let DeValue::Array(tables) = value else {
            return Err(wrong);
        };
        let mut read = Vec::new();
        for (at, table) in tables.into_iter().enumerate() {
            let span = table.span();
            let DeValue::Table(table) = table.into_inner() else {
                return Err(wrong);
            };
            read.push(Table::new(text, format!("{path}[{at}]"), span, table, spans)?);
        }
        Ok(read)
    }
}

/// Where the line of `at` starts.
fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}
