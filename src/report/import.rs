//! What was found in a capture, beside the trace that it became.

use swarmbound::import::Summary;
use swarmbound::units::Time;

use super::Style;
use super::numbers::{count, grouped, span};
use super::wrapping::wrapped;

/// A sentence or two for standard error.
pub(crate) fn told(style: Style, summary: &Summary) -> String {
    let Summary { packets, taps, nodes, connections, blocks, duplicates, transfers, .. } = *summary;
    let mut text = format!(
        "{} packets of {}: {} and {}; {} blocks, of which {} had come before, in {}.",
        grouped(packets.into()),
        count(taps, "tap"),
        count(nodes, "node"),
        count(connections, "connection"),
        grouped(blocks.into()),
        grouped(duplicates.into()),
        count(transfers, "transfer"),
    );
    if summary.tolerance != 0 {
        text += &format!(" Clocks agree to {}.", span(Time(summary.tolerance)));
    }
    if summary.holes != 0 {
        text += &format!(" Bytes are missing {} times.", grouped(summary.holes.into()));
    }
    if summary.encrypted != 0 {
        text += &format!(" {} cannot be read.", count(summary.encrypted, "connection"));
    }
    wrapped(style, &text, 2)
}
