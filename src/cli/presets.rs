//! `swarmbound presets`: the scenarios that come with the program.

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::PRESETS;

use super::{Failure, Format, input, output};
use crate::report::json::{self, PresetEntry};

/// Arguments of `presets`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print this one: TOML to copy, with --json the resolved scenario
    name: Option<String>,
    #[command(flatten)]
    format: Format,
}

/// Lists the presets, or prints one.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let text = match (&arguments.name, arguments.format.json) {
        (Some(name), false) => input::preset(name)?.toml.to_owned(),
        (Some(name), true) => input::scenario(input::preset(name)?.name, None)?.to_json() + "\n",
        (None, true) => json::line(&PRESETS.iter().map(PresetEntry::from).collect::<Vec<_>>()),
        (None, false) => {
            let width = PRESETS.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
            let lines =
                PRESETS.iter().map(|preset| format!("{:width$}  {}\n", preset.name, preset.about));
            lines.collect::<String>()
                + "\nswarmbound run NAME runs one, swarmbound presets NAME prints it to copy\n"
        }
    };
    output::print(&text)?;
    Ok(Verdict::Holds)
}
