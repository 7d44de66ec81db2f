//! Many lawful logs, and what the audit says of them, as tables.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use super::draw::Draw;
use super::judge::judge;
use super::observe::observe;
use super::play::{Played, play};
use super::setup::{Evidence, Size};
use super::shrink::shrink;

/// A lawful log that the audit accuses.
#[derive(Clone, Debug)]
pub(crate) struct Accused {
    pub(crate) seed: u64,
    pub(crate) rule: String,
    pub(crate) why: String,
    /// How many lines it has after the header.
    pub(crate) events: usize,
}

/// What many logs came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Campaign {
    pub(crate) logs: u64,
    pub(crate) verdicts: BTreeMap<&'static str, u64>,
    pub(crate) features: BTreeMap<&'static str, u64>,
    pub(crate) accused: Vec<Accused>,
}

/// The lawful log of a seed.
pub(crate) fn lawful(seed: u64) -> Played {
    let mut draw = Draw::new(seed, 1);
    let size = match seed % 4 {
        0 => Size { peers: 2, chunks: 2 },
        1 => Size { peers: 3, chunks: 3 },
        _ => Size { peers: 6, chunks: 5 },
    };
    let mut played = play(&mut draw, size, Evidence::Drawn);
    observe(&mut played, &mut draw);
    played
}

impl Campaign {
    /// Judges the lawful logs of `seeds`.
    pub(crate) fn run(seeds: Range<u64>) -> Self {
        let mut campaign = Campaign::default();
        for seed in seeds {
            let played = lawful(seed);
            let answer = judge(&played.log.text());
            campaign.logs += 1;
            *campaign.verdicts.entry(answer.verdict()).or_default() += 1;
            for feature in &played.features {
                *campaign.features.entry(feature).or_default() += 1;
            }
            let events = played.log.events.len();
            let accusations = answer.accusations().into_iter();
            campaign.accused.extend(accusations.map(|(rule, why)| Accused {
                seed,
                rule,
                why,
                events,
            }));
        }
        campaign
    }

    /// How many logs each verdict has, and in how many each feature occurs.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{} lawful logs\n", self.logs);
        for (name, &count) in self.verdicts.iter().chain(&self.features) {
            let (whole, tenth) = (count * 100 / self.logs, count * 1000 / self.logs % 10);
            let _ = writeln!(text, "  {name:<48}{count:>8}{whole:>5}.{tenth} %");
        }
        text
    }

    /// By rule: how many logs it accuses, and the shortest of them made smaller.
    pub(crate) fn findings(&self) -> Vec<(u64, Accused, String)> {
        let mut rules: BTreeMap<&str, (u64, &Accused)> = BTreeMap::new();
        for accused in &self.accused {
            let (count, least) = rules.entry(&accused.rule).or_insert((0, accused));
            *count += 1;
            if accused.events < least.events {
                *least = accused;
            }
        }
        let finding = |(count, least): (u64, &Accused)| {
            (count, least.clone(), shrink(&lawful(least.seed).log, &least.rule).text())
        };
        rules.into_values().map(finding).collect()
    }
}
