//! Plants many faults and counts which are found, kind by kind.

use std::collections::BTreeMap;

use super::draw::Draw;
use super::judge::judge;
use super::log::Event;
use super::plant::{Base, kinds};
use super::play::play;
use super::setup::{Evidence, Size};

/// What came of one kind of fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sown {
    pub(crate) planted: u64,
    pub(crate) found: u64,
    /// By rule: how many of this kind it found.
    pub(crate) rules: BTreeMap<String, u64>,
    /// The shortest that was not found: its seed, how many events it has, and its text.
    pub(crate) missed: Option<(u64, usize, String)>,
}

/// What came of each kind of fault, in the order of the kinds.
pub(crate) struct Sowing {
    pub(crate) kinds: Vec<(&'static str, Sown)>,
    /// How many lawful logs were offered.
    pub(crate) logs: u64,
    /// How many of them the audit accuses as they are.
    pub(crate) accused: u64,
}

/// A lawful log to plant in.
fn base(seed: u64) -> Base {
    let mut draw = Draw::new(seed, 2);
    let size = if seed.is_multiple_of(2) {
        Size { peers: 3, chunks: 3 }
    } else {
        Size { peers: 6, chunks: 5 }
    };
    let evidence = if seed % 5 == 4 { Evidence::Receiver } else { Evidence::Exact };
    let mut played = play(&mut draw, size, evidence);
    played.log.events.sort_by_key(Event::at);
    Base { played }
}

impl Sowing {
    /// Plants at most `quota` faults of each kind in the lawful logs of `seeds`.
    pub(crate) fn run(seeds: std::ops::Range<u64>, quota: u64) -> Self {
        let kinds = kinds();
        let mut sown: Vec<(&'static str, Sown)> =
            kinds.iter().map(|kind| (kind.name, Sown::default())).collect();
        let (mut logs, mut accused) = (0, 0);
        for seed in seeds {
            if sown.iter().all(|(_, sown)| quota <= sown.planted) {
                break;
            }
            logs += 1;
            let base = base(seed);
            if !judge(&base.played.log.text()).accusations().is_empty() {
                // Nothing planted there could be told from what is wrong anyway.
                accused += 1;
                continue;
            }
            for (at, kind) in kinds.iter().enumerate() {
                if quota <= sown[at].1.planted {
                    continue;
                }
                let mut draw = Draw::new(seed, 3 + at as u64);
                let Some(log) = (kind.plant)(&base, &mut draw) else { continue };
                sown[at].1.note(seed, log.events.len(), log.text());
            }
        }
        Sowing { kinds: sown, logs, accused }
    }

    /// The kinds of which one was not found: the shortest such log, and its seed.
    pub(crate) fn missed(&self) -> impl Iterator<Item = (&'static str, u64, &str)> {
        self.kinds.iter().filter_map(|(name, sown)| {
            let (seed, _, text) = sown.missed.as_ref()?;
            Some((*name, *seed, text.as_str()))
        })
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![format!("{:<56}{:>8}{:>9}  by rule", "fault", "planted", "found")];
        for (name, sown) in &self.kinds {
            let share = (sown.found * 1000).checked_div(sown.planted).unwrap_or(0);
            let mut rules: Vec<(&String, &u64)> = sown.rules.iter().collect();
            rules.sort_by_key(|&(name, &count)| (u64::MAX - count, name));
            let rules: Vec<String> =
                rules.iter().map(|(name, count)| format!("{name} {count}")).collect();
            lines.push(format!(
                "{name:<56}{:>8}{:>5}.{} %  {}",
                sown.planted,
                share / 10,
                share % 10,
                rules.join(", ")
            ));
        }
        lines.push(format!(
            "planted in {} lawful logs; {} are accused as they are, and left out",
            self.logs, self.accused
        ));
        lines.push(String::new());
        lines.join("\n")
    }
}

impl Sown {
    fn note(&mut self, seed: u64, events: usize, text: String) {
        self.planted += 1;
        let accusations = judge(&text).accusations();
        if accusations.is_empty() {
            let is_shorter = self.missed.as_ref().is_none_or(|(_, least, _)| events < *least);
            if is_shorter {
                self.missed = Some((seed, events, text));
            }
            return;
        }
        self.found += 1;
        for (rule, _) in accusations {
            *self.rules.entry(rule).or_default() += 1;
        }
    }
}
