//! `swarmbound presets`: the scenarios that come with the program.

use clap::Args;
use swarmbound::audit::Verdict;
use swarmbound::scenario::{PRESETS, Preset};

use super::{Failure, Format, input, output};
use crate::report::json::{self, PresetsDocument};
use crate::report::wrapping::{follow, wrapped};

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
        (None, true) => json::document("presets", &PresetsDocument::new(PRESETS)),
        (None, false) => {
            let style = output::style();
            let width = PRESETS.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
            let line = |preset: &Preset| {
                follow(style, &format!("{:width$}  ", preset.name), preset.about, width + 2)
            };
            let more = "swarmbound run NAME runs one, swarmbound presets NAME prints it to copy";
            PRESETS.iter().map(line).collect::<String>() + "\n" + &wrapped(style, more, 2)
        }
    };
    output::print(&text)?;
    Ok(Verdict::Holds)
}
