//! Rule `bounds_respected`: no completion is earlier than a bound that applies.
//!
//! Every bound of [`bounds::ALL`] is compared with every k-th completion, as integers. Bounds that
//! allow only the source to send bind runs in which nobody else sent, and only where the log is
//! complete enough to know that.

use super::facts::{Facts, with_tolerance};
use super::witness::Witness;
use super::{Judgement, Rule};
use crate::bounds::{self, Earliest, Senders};
use crate::chunks::PeerId;
use crate::units::Time;

/// No completion is earlier than a bound that applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoundsRespected;

impl Rule for BoundsRespected {
    fn finish(&self, facts: &Facts) -> Judgement {
        let completions = completions(facts);
        for bound in bounds::ALL {
            let source_only = bound.senders() == Senders::SourceOnly;
            if source_only && !(facts.is_complete() && facts.only_source_sent()) {
                continue;
            }
            let Ok(earliest) = bound.completions(facts.scenario()) else { continue };
            for (at, (&(at_ns, node), earliest)) in completions.iter().zip(&earliest).enumerate() {
                let (earliest_ns, why) = match earliest {
                    Earliest::At(time) if *time <= with_tolerance(facts, at_ns) => continue,
                    Earliest::At(time) => (Some(*time), None),
                    Earliest::Never(why) => (None, Some(why.clone())),
                };
                let (bound, k) = (bound.name(), at + 1);
                let witness = Witness::TooEarly { bound, k, node, at_ns, earliest_ns, why };
                return Judgement::violated(witness);
            }
        }
        Judgement::holds()
    }
}

/// The completions in order: the k-th is at `k - 1`.
fn completions(facts: &Facts) -> Vec<(Time, PeerId)> {
    let finish = |(node, _)| Some((facts.finish(node)?, node));
    let mut completions: Vec<(Time, PeerId)> =
        facts.scenario().peers().filter_map(finish).collect();
    completions.sort_unstable();
    completions
}
