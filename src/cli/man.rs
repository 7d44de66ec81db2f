//! `swarmbound man`: the manual pages, one for the program and one for each command.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use swarmbound::audit::Verdict;

use super::Failure;

/// Arguments of `man`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The folder in which the pages are written; it is made where there is none
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the pages.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(super::command(), folder))
        .map_err(|error| Failure::file("write", folder, &error))?;
    Ok(Verdict::Holds)
}
