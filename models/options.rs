//! The options of models, by name: what `check` takes on the command line and repeats in its JSON.
//!
//! Each model takes what it knows; what is left over is refused, so that no option is ignored in
//! silence.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::checker::CheckError;

/// Options by name, without the dashes, and their values as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Options(pub BTreeMap<String, String>);

/// Why a model does not run.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no model of that name.
    #[error("no model is called {name:?}; there are {known}")]
    UnknownModel {
        /// The unknown name.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The model has no such option.
    #[error("{model} has no option {option:?}; it has {known}")]
    UnknownOption {
        /// The model.
        model: &'static str,
        /// The option that it does not have.
        option: String,
        /// The options that it has.
        known: String,
    },
    /// The value of an option makes no sense.
    #[error("option {option}: {message}")]
    BadValue {
        /// The option.
        option: &'static str,
        /// What is wrong, and what to write.
        message: String,
    },
    /// The options make no world together.
    #[error("{0}")]
    NoWorld(String),
    /// The question makes no sense for the model.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl Options {
    /// The options with one more.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}

/// Takes options one by one and remembers which the model knows.
pub(super) struct Taker<'o> {
    model: &'static str,
    options: &'o Options,
    asked: Vec<&'static str>,
}

impl<'o> Taker<'o> {
    pub(super) fn new(model: &'static str, options: &'o Options) -> Self {
        Taker { model, options, asked: Vec::new() }
    }

    /// The text of an option, if it is given.
    pub(super) fn text(&mut self, option: &'static str) -> Option<&'o str> {
        self.asked.push(option);
        self.options.0.get(option).map(String::as_str)
    }

    /// A whole number, or the default.
    pub(super) fn number<T: FromStr>(
        &mut self,
        option: &'static str,
        default: T,
    ) -> Result<T, Refused> {
        match self.text(option) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Refused::BadValue {
                option,
                message: format!("{text:?} is no number that fits; write one such as 3"),
            }),
        }
    }

    /// One of several words, or the first of them.
    pub(super) fn word<T: Copy>(
        &mut self,
        option: &'static str,
        words: &[(&str, T)],
    ) -> Result<T, Refused> {
        let text = self.text(option).unwrap_or(words[0].0);
        words.iter().find(|(word, _)| *word == text).map(|&(_, value)| value).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
            Refused::BadValue {
                option,
                message: format!("{text:?} is none of {}", known.join(", ")),
            }
        })
    }

    /// Anything that reads itself from text.
    pub(super) fn parsed<T>(
        &mut self,
        option: &'static str,
        default: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Refused> {
        let text = self.text(option).unwrap_or(default);
        read(text).map_err(|message| Refused::BadValue { option, message })
    }

    /// Refuses options that the model did not take.
    ///
    /// # Errors
    /// The first of them.
    pub(super) fn finish(self) -> Result<(), Refused> {
        let left_over = self.options.0.keys().find(|name| !self.asked.contains(&name.as_str()));
        match left_over {
            None => Ok(()),
            Some(option) => Err(Refused::UnknownOption {
                model: self.model,
                option: option.clone(),
                known: self.asked.join(", "),
            }),
        }
    }
}
