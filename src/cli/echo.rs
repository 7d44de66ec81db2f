//! The command line as it was given, for output that says how to repeat it.
//!
//! It is derived from what the parser matched, never from a list of options, so an option that is
//! added to a command is repeated without a change here. `--json` is left out: it changes how a
//! result is written, not which one.

use std::fmt;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// The arguments that are never repeated.
const FORMAT: &str = "json";

/// A command and the arguments that were written after it, in the order in which they stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Echo {
    command: String,
    words: Vec<Word>,
}

/// One argument as it was written: an option with its value, a flag, or a positional value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// The name of the argument, as the parser knows it.
    id: String,
    /// As a shell reads it back.
    text: String,
}

impl Echo {
    /// What was written after a subcommand; `command` must have parsed `matches`. None when there
    /// was no subcommand.
    pub(super) fn of(command: &Command, matches: &ArgMatches) -> Option<Self> {
        let (name, matches) = matches.subcommand()?;
        let subcommand = command.find_subcommand(name)?;
        let mut words: Vec<(usize, Word)> = Vec::new();
        for argument in subcommand.get_arguments() {
            let id = argument.get_id().as_str();
            if id != FORMAT && matches.value_source(id) == Some(ValueSource::CommandLine) {
                words.extend(written(argument, matches));
            }
        }
        words.sort_by_key(|&(at, _)| at);
        let words = words.into_iter().map(|(_, word)| word).collect();
        Some(Echo { command: format!("{} {name}", command.get_name()), words })
    }

    /// The same command without some arguments, named as their options are.
    pub(super) fn without(mut self, options: &[&str]) -> Self {
        self.words.retain(|word| !options.contains(&word.id.as_str()));
        self
    }

    /// The same command with one more option at its end.
    pub(super) fn with(mut self, option: &str, value: &str) -> Self {
        self.words.push(Word { id: option.to_owned(), text: assigned(option, value) });
        self
    }

    /// The arguments alone, each after a blank.
    pub(super) fn arguments(&self) -> String {
        self.words.iter().map(|word| format!(" {}", word.text)).collect()
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.command, self.arguments())
    }
}

/// Does a value stand after the option? A flag that may be left unsaid takes one and shows none.
fn takes_values(argument: &Arg) -> bool {
    argument.get_num_args().is_some_and(|values| values.takes_values())
}

/// Every time that an argument was written, with the place of its last value.
fn written(argument: &Arg, matches: &ArgMatches) -> Vec<(usize, Word)> {
    let id = argument.get_id().as_str();
    let places: Vec<usize> = matches.indices_of(id).into_iter().flatten().collect();
    let option = argument.get_long();
    if !takes_values(argument) {
        let text = format!("--{}", option.unwrap_or(id));
        let last = places.last().copied().unwrap_or(0);
        return vec![(last, Word { id: id.to_owned(), text })];
    }
    let mut values = 0;
    let mut words = Vec::new();
    for occurrence in matches.get_raw_occurrences(id).into_iter().flatten() {
        let parts: Vec<String> =
            occurrence.map(|value| value.to_string_lossy().into_owned()).collect();
        values += parts.len();
        let between = argument.get_value_delimiter().unwrap_or(' ').to_string();
        let value = parts.join(&between);
        let text = option.map_or_else(|| quoted(&value), |option| assigned(option, &value));
        let place = places.get(values.saturating_sub(1)).copied().unwrap_or(0);
        words.push((place, Word { id: id.to_owned(), text }));
    }
    words
}

/// `--option value`, or with a sign between them where the value looks like an option.
fn assigned(option: &str, value: &str) -> String {
    let sign = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{option}{sign}{}", quoted(value))
}

/// A word as a shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,+@%".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;
    use crate::cli::Arguments;

    /// The words of a line, as a shell splits it.
    fn split(line: &str) -> Vec<String> {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("printf '%s\\0' {line}")])
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    fn parsed(words: &[String]) -> Result<Echo, clap::Error> {
        let mut command = Arguments::command();
        let matches = command.try_get_matches_from_mut(words)?;
        Ok(Echo::of(&command, &matches).unwrap())
    }

    /// Values of which every option takes at least one; most of them need quotes.
    const VALUES: [&str; 20] = [
        "it's \"$HOME\"",
        "5 s",
        "8 MiB",
        "3",
        "-x y",
        "churning",
        "WF(join),SF(transfer)",
        "none",
        "stays",
        "path",
        "any",
        "1:2,2",
        "tit-for-tat",
        "on",
        "idle",
        "at-once",
        "true",
        "unlimited",
        "strict",
        "0-1,1-2",
    ];

    /// Every option of a command that its base does not exclude, with a value that it takes.
    fn options(base: &[&str]) -> Vec<Vec<String>> {
        let mut command = Arguments::command();
        command.build();
        let subcommand = command.find_subcommand(base[1]).unwrap();
        let mut all = Vec::new();
        for argument in subcommand.get_arguments().filter(|it| it.get_long().is_some()) {
            let long = argument.get_long().unwrap();
            if ["help", FORMAT].contains(&long) || base.contains(&format!("--{long}").as_str()) {
                continue;
            }
            let candidates: Vec<Vec<String>> = match takes_values(argument) {
                false => vec![vec![format!("--{long}")]],
                true => VALUES.iter().map(|value| vec![format!("--{long}={value}")]).collect(),
            };
            let words = |own: &[String]| {
                let base = base.iter().map(|word| (*word).to_owned());
                base.chain(own.iter().cloned()).collect::<Vec<_>>()
            };
            let excluded = |own: &Vec<String>| {
                let refused = parsed(&words(own)).err();
                refused.is_some_and(|error| error.kind() == ErrorKind::ArgumentConflict)
            };
            if candidates.iter().any(excluded) {
                continue;
            }
            let taken = candidates.into_iter().find(|own| parsed(&words(own)).is_ok());
            all.push(taken.unwrap_or_else(|| panic!("no value of VALUES fits --{long}")));
        }
        all
    }

    fn returns(words: Vec<String>, count: usize) {
        let echo = parsed(&words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert_eq!(echo.words.len(), count, "{words:?}: {echo}");
        assert_eq!(parsed(&split(&echo.to_string())).unwrap(), echo, "{echo}");
    }

    #[test]
    fn every_option_of_check_comes_back_alone_and_with_all_others() {
        let base = ["swarmbound", "check", "churn"];
        let all = options(&base);
        assert!(30 < all.len(), "{}", all.len());
        let words = |own: Vec<String>| {
            base.iter().map(|word| (*word).to_owned()).chain(own).collect::<Vec<_>>()
        };
        for own in &all {
            returns(words(own.clone()), 2);
        }
        returns(words(all.concat()), 1 + all.len());
    }

    #[test]
    fn every_option_of_an_engine_comes_back() {
        let base = ["swarmbound", "suite", "--engine", "it's \"mine\""];
        for own in options(&base) {
            returns(base.iter().map(|word| (*word).to_owned()).chain(own).collect(), 2);
        }
    }

    #[test]
    fn options_are_left_out_and_added() {
        let words = ["swarmbound", "suite", "--engine", "a b", "--cases", "3", "--json"];
        let words: Vec<String> = words.map(str::to_owned).to_vec();
        let echo = parsed(&words).unwrap();
        assert_eq!(echo.to_string(), "swarmbound suite --engine 'a b' --cases 3");
        let echo = echo.without(&["cases"]).with("scenario", "-x.toml");
        assert_eq!(echo.to_string(), "swarmbound suite --engine 'a b' --scenario=-x.toml");
    }

    #[test]
    fn values_of_a_list_stand_together() {
        let words = ["swarmbound", "suite", "--engine", "a", "--leave-out", "x,y", "--leave-out=z"];
        let words: Vec<String> = words.map(str::to_owned).to_vec();
        let line = "swarmbound suite --engine a --leave-out x,y --leave-out z";
        assert_eq!(parsed(&words).unwrap().to_string(), line);
    }

    #[test]
    fn a_shell_reads_words_back() {
        for word in ["plain", "python3 my engine.py", "it's", "$HOME \"x\" `y`", "", "a\\b", "~"] {
            assert_eq!(split(&quoted(word)), [word]);
        }
        assert_eq!(quoted("./engine"), "./engine");
    }
}
