//! `swarmbound suite --canaries`: which rule catches which bug, and that none accuses the control.

use std::ops::ControlFlow;

use swarmbound::audit::Verdict;
use swarmbound::suite::canary::Canary;
use swarmbound::suite::detection::{ControlRuns, Detection};

use super::progress::Progress;
use super::{Failure, Format, output};
use crate::report::json;
use crate::report::matrix::{self, Matrix, MatrixDocument};

/// Meets some canaries and the control with `cases` scenarios each.
pub(super) fn run(
    canaries: &'static [Canary],
    cases: u32,
    seed: u64,
    format: &Format,
) -> Result<Verdict, Failure> {
    let whole = (canaries.len() as u64 + 1) * u64::from(cases);
    let mut progress = Progress::new("suite", Some(whole), "cases");
    let mut kills = Vec::new();
    let mut counted = |name: &str, case: u32| {
        progress.says(name);
        match case == cases {
            true => progress.passes(case.into()),
            false => progress.shows(case.into()),
        }
        ControlFlow::Continue(())
    };
    for canary in canaries {
        kills.extend(Detection::of(canary, seed, cases, &mut |case| counted(canary.name, case)));
    }
    let controls = ControlRuns::of(seed, cases, &mut |case| counted("control", case));
    let matrix = Matrix { cases, seed, kills, controls: controls.unwrap_or_default() };
    drop(progress);
    let text = match format.json {
        true => json::document("suite", &MatrixDocument::new(&matrix)),
        false => matrix::told(output::style(), &matrix),
    };
    output::print(&text)?;
    Ok(matrix.verdict())
}
