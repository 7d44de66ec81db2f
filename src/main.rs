//! The command `swarmbound`: the only place where everything meets.

use std::process::ExitCode;

mod cli;
mod report;

fn main() -> ExitCode {
    cli::main()
}
