//! `swarmbound completions`: a script with which a shell completes commands and options.

use clap::Args;
use clap_complete::Shell;
use swarmbound::audit::Verdict;

use super::{Failure, output};

/// Arguments of `completions`.
#[derive(Args)]
pub(super) struct Arguments {
    /// The shell that will read the script
    shell: Shell,
}

/// Prints the script.
pub(super) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let mut command = super::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Verdict::Holds)
}
