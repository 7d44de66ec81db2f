//! The first lines of a result: what is distributed to which peers, and who comes and goes when.

use swarmbound::chunks::PeerId;
use swarmbound::scenario::{Behavior, ChunkRanges, Leaves, Peer, Scenario, SourceLeaves};
use swarmbound::units::{Supply, Time};

use super::layout::Style;
use super::numbers::{self, grouped, rate, span};
use super::wrapping::{follow, wrapped};

/// The lines above every result: file, source, groups of peers, arrivals and departures. `seed` is
/// None for a log that another program wrote.
pub(crate) fn heading(style: Style, scenario: &Scenario, seed: Option<u64>) -> String {
    let file = scenario.file();
    let seed = seed.map_or_else(String::new, |seed| format!("; seed {seed}"));
    let what = format!(
        "{} in {} of {} to {} from a source of {}{seed}",
        file.file(),
        numbers::count(file.chunks(), "chunk"),
        file.chunk(),
        numbers::count(scenario.receiver_count(), "peer"),
        up(scenario, PeerId::SOURCE),
    );
    let indent = scenario.name().chars().count() + 2;
    let title = wrapped(style, &format!("{}: {what}", scenario.name()), indent.min(16));
    let bold = title.replacen(scenario.name(), &style.bold(scenario.name()), 1);
    let presence = format!("{}; {}", arrivals(scenario), departures(scenario));
    bold + &kinds(scenario) + &follow(style, "  ", &presence, 4)
}

/// More kinds of peers than these are not told apart: no reader asks for them, and of a million
/// peers it would take long.
const MOST_KINDS: usize = 64;

/// The kinds of peers, the most frequent first.
fn kinds(scenario: &Scenario) -> String {
    let mut kinds: Vec<(usize, String)> = Vec::new();
    for (id, peer) in scenario.peers() {
        let kind = kind(scenario, id, peer);
        match kinds.iter().position(|(_, known)| *known == kind) {
            Some(at) => kinds[at].0 += 1,
            None if kinds.len() < MOST_KINDS => kinds.push((1, kind)),
            None => {}
        }
    }
    kinds.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    let shown = 5;
    let line = |count: usize, what: &str| format!("  {:>4} {what}\n", grouped(count as u128));
    let mut text = String::new();
    for (count, kind) in kinds.iter().take(shown) {
        text += &line(*count, &format!("x {kind}"));
    }
    let named: usize = kinds.iter().take(shown).map(|(count, _)| count).sum();
    match scenario.peer_count() - named {
        0 => text,
        more => text + &line(more, "more of other kinds"),
    }
}

/// What a node can upload, in words.
fn up(scenario: &Scenario, node: PeerId) -> String {
    scenario.upload_supply(node).map_or_else(|| "an unknown rate".to_owned(), |it| rates(&it))
}

/// A rate, or the lowest and the highest that there are.
fn rates(supply: &Supply) -> String {
    match supply.is_constant() {
        Some(constant) => rate(constant),
        None => format!("{} to {} (it changes)", rate(supply.lowest()), rate(supply.highest())),
    }
}

fn kind(scenario: &Scenario, id: PeerId, peer: &Peer) -> String {
    let down = match scenario.download_supply(id) {
        Some(supply) => format!("{} down", rates(&supply)),
        None => "unlimited down".to_owned(),
    };
    let link = match peer.behavior {
        Behavior::Cooperative => format!("{} up, {down}", up(scenario, id)),
        Behavior::FreeRider => format!("free rider, {down}"),
    };
    link + &content(scenario.file().chunks(), peer)
}

/// What a peer holds when it joins and what it wants, where that is not nothing and everything. How
/// much, not which chunks: of shares that are drawn, each peer has others.
fn content(chunks: usize, peer: &Peer) -> String {
    let of = |ranges: &ChunkRanges| match ranges.count() {
        count if count == chunks => "everything".to_owned(),
        count => format!("{} of {}", grouped(count as u128), numbers::count(chunks, "chunk")),
    };
    let holds = (!peer.holds.is_empty()).then(|| format!(", holds {}", of(&peer.holds)));
    let wants = peer.wants.as_ref().map(|wants| format!(", wants {}", of(wants)));
    holds.unwrap_or_default() + &wants.unwrap_or_default()
}

/// How many times there are, the earliest and the latest.
#[derive(Default)]
struct Times(Option<(usize, Time, Time)>);

impl Times {
    fn of(times: impl Iterator<Item = Time>) -> Self {
        Times(times.fold(None, |known, time| match known {
            None => Some((1, time, time)),
            Some((count, first, last)) => Some((count + 1, first.min(time), last.max(time))),
        }))
    }

    /// `4 peers leave at 3 s`: of which peers, what they do, and when.
    fn said(&self, all: usize, does: [&str; 2], when: &str) -> Option<String> {
        let (count, first, last) = self.0?;
        let [one, many] = does;
        let peers = match (count, all) {
            (1, 1) => format!("the peer {one}"),
            (2, 2) => format!("both peers {many}"),
            (1, _) => format!("1 peer {one}"),
            (count, all) if count == all => format!("all {} {many}", numbers::count(all, "peer")),
            (count, _) => format!("{} {many}", numbers::count(count, "peer")),
        };
        let time = match (first == last, when) {
            (true, "") if first == Time::ZERO => "at the start".to_owned(),
            (true, "") => format!("at {}", span(first)),
            (true, when) => format!("{} {when}", span(first)),
            (false, "") => format!("from {} to {}", span(first), span(last)),
            (false, when) => format!("{} to {} {when}", span(first), span(last)),
        };
        Some(format!("{peers} {time}"))
    }
}

/// When peers come.
fn arrivals(scenario: &Scenario) -> String {
    let all = scenario.peer_count();
    let joins = || scenario.peers().map(|(_, peer)| peer.joins);
    let does = ["joins", "join"];
    let first = Times::of(joins().filter(|&time| time == Time::ZERO)).said(all, does, "");
    let later = Times::of(joins().filter(|&time| time != Time::ZERO)).said(all, does, "");
    [first, later].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// When nodes go.
fn departures(scenario: &Scenario) -> String {
    let source = match scenario.source().leaves {
        SourceLeaves::Never => None,
        SourceLeaves::At(at) => Some(format!("the source leaves at {}", span(at))),
        SourceLeaves::AfterCopies(copies) => {
            let copies = usize::try_from(copies).unwrap_or(usize::MAX);
            let copies = numbers::count(copies, "copy").replace("copys", "copies");
            Some(format!("the source leaves after {copies}"))
        }
    };
    let all = scenario.peer_count();
    let does = ["leaves", "leave"];
    let leaves = || scenario.peers().map(|(_, peer)| peer.leaves);
    let at = Times::of(leaves().filter_map(|leaves| match leaves {
        Leaves::At(at) => Some(at),
        _ => None,
    }));
    let after = |is_wanted: fn(Time) -> bool| {
        Times::of(leaves().filter_map(move |leaves| match leaves {
            Leaves::AfterCompletion(span) => Some(span).filter(|&span| is_wanted(span)),
            _ => None,
        }))
    };
    let on_completion = after(|span| span == Time::ZERO).said(all, does, "after completion");
    let said = [
        source,
        at.said(all, does, ""),
        on_completion.map(|said| said.replace("0 ns after", "on")),
        after(|span| span != Time::ZERO).said(all, does, "after completion"),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    if said.is_empty() { "no node leaves".to_owned() } else { said.join(", ") }
}

#[cfg(test)]
mod tests {
    use swarmbound::scenario::read_toml;

    use super::*;

    fn said(source: &str, peers: &str, more: &str) -> String {
        let text = format!(
            "[file]\nsize = \"250 B\"\n[source]\nupload = \"1 kbit/s\"\n{source}\n\
             [[peers]]\nupload = \"1048576 bit/s\"\n{peers}\n{more}"
        );
        heading(Style::PLAIN, &read_toml("a.toml", &text, None).unwrap(), None)
    }

    #[test]
    fn arrivals_and_departures_are_said() {
        let last =
            |source, peers, more| said(source, peers, more).lines().last().unwrap().to_owned();
        assert_eq!(last("", "", ""), "  the peer joins at the start; no node leaves");
        let many = "count = 3\njoins = \"every 2 s\"\nleaves = \"on completion\"";
        let said = last("leaves = \"after 1 copy\"", many, "");
        assert_eq!(said, "    after 1 copy, all 3 peers leave on completion");
        let two = "count = 2\njoins = \"at 3 s\"\nleaves = \"5 s after completion\"";
        let expected = "  both peers join at 3 s; both peers leave 5 s after completion";
        assert_eq!(last("", two, ""), expected);
    }

    #[test]
    fn a_log_has_no_seed_and_rates_are_exact() {
        let said = said("", "", "");
        assert!(!said.contains("seed"), "{said}");
        assert!(said.contains("1 x 1\u{a0}048\u{a0}576 bit/s up, unlimited down"), "{said}");
    }
}
