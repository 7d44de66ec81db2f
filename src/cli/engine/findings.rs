//! Where findings are kept, and how each is repeated.

use std::fs;

use swarmbound::suite::Finding;

use super::super::echo::Echo;
use super::super::{Failure, output};
use super::Options;
use crate::report::layout::printable;
use crate::report::suite::Place;

/// What decides the places and the commands of findings.
pub(super) struct Findings<'a> {
    pub(super) options: &'a Options,
    /// The command that starts the engine.
    pub(super) command: &'a str,
    /// The command line of the suite, without what a scenario of its own replaces.
    pub(super) echo: Echo,
}

impl Findings<'_> {
    /// Keeps the scenario of a finding under the name of its property, over an earlier one; a
    /// scenario that was given is kept already.
    pub(super) fn place(&self, finding: &Finding) -> Place {
        let saved = match &self.options.scenario {
            Some(given) => Ok(given.clone()),
            None => self.save(finding).map_err(|Failure(why)| why),
        };
        let repeat =
            saved.as_ref().ok().map(|path| self.echo.clone().with("scenario", path).to_string());
        Place { saved, repeat }
    }

    fn save(&self, finding: &Finding) -> Result<String, Failure> {
        let folder = &self.options.save;
        let path = folder.join(format!("{}.toml", finding.property));
        fs::create_dir_all(folder).map_err(|error| {
            Failure(format!("{}: cannot make this folder: {error}", folder.display()))
        })?;
        let words = finding.explanation.lines().map(|line| format!("# {}\n", printable(line)));
        let text = words.collect::<String>() + &finding.scenario.to_toml();
        output::write(&path, &text)?;
        Ok(path.display().to_string())
    }
}
