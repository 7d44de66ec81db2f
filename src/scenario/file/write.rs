//! A resolved scenario as people write them: what [`read_toml`](super::read_toml) reads back.
//!
//! It says everything exactly and nothing twice: what has its default is left out, neighboring
//! peers that are alike make one group, and a quantity has the unit that makes it shortest. How
//! arrivals were drawn is lost when a scenario is resolved, so each is written as its time.

use std::fmt::{Display, Write};

use super::chunks::EVERYTHING;
use crate::scenario::chunk_ranges::written;
use crate::scenario::{
    Behavior, ChunkRanges, DEFAULT_UNTIL, Discipline, Leaves, Link, Network, Peer, Protocol,
    Scenario, SourceLeaves,
};
use crate::units::{Bytes, Rate, RateChanges, Time, decimal};

/// What stands in the place of settings that are not known.
pub(super) const UNKNOWN: &str = "unknown";

impl Scenario {
    /// Writes the scenario as TOML; [`read_toml`](super::read_toml) reads back an equal one.
    pub fn to_toml(&self) -> String {
        let parts = self.parts();
        let mut text = Text(String::new());
        // The parser's own writer knows how to escape whatever may stand in a name.
        text.bare("name", toml::Value::String(parts.name.clone()));
        if parts.protocol.is_none() {
            text.quoted("protocol", UNKNOWN);
        }
        text.section("[file]");
        text.quoted("size", parts.file.file());
        text.quoted("chunk", parts.file.chunk());
        text.section("[source]");
        let source = &parts.source;
        text.upload(source.upload, &source.upload_changes, source.upload_unknown);
        match parts.source.leaves {
            SourceLeaves::Never => {}
            SourceLeaves::At(time) => text.quoted("leaves", format!("at {}", span(time))),
            SourceLeaves::AfterCopies(1) => text.quoted("leaves", "after 1 copy"),
            SourceLeaves::AfterCopies(copies) => {
                text.quoted("leaves", format!("after {copies} copies"));
            }
        }
        text.link(&parts.source.link);
        for group in parts.peers.chunk_by(|one, next| one == next) {
            text.group(group, parts.file.chunks());
        }
        if let Some(protocol) = &parts.protocol {
            text.protocol(protocol);
        }
        text.network(parts.network);
        text.discipline(parts.discipline);
        text.section("[run]");
        text.bare("seed", parts.seed);
        if parts.until != DEFAULT_UNTIL {
            text.quoted("until", span(parts.until));
        }
        text.0
    }
}

/// A text on its way.
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, head: &str) {
        self.line("");
        self.line(head);
    }

    fn bare(&mut self, field: &str, value: impl Display) {
        writeln!(self.0, "{field} = {value}").expect("a text takes every line");
    }

    /// A value without characters that quotes would have to escape.
    fn quoted(&mut self, field: &str, value: impl Display) {
        self.bare(field, format_args!("\"{value}\""));
    }

    fn link(&mut self, link: &Link) {
        if let Some(latency) = link.latency {
            self.quoted("latency", span(latency));
        }
        if let Some(burst) = link.burst {
            self.quoted("burst", burst);
        }
    }

    fn upload(&mut self, rate: Rate, changes: &RateChanges, unknown: bool) {
        match unknown {
            true => self.quoted("upload", UNKNOWN),
            false => self.rates("upload", rate, changes),
        }
    }

    /// A rate, or a list of rates.
    fn rates(&mut self, field: &str, rate: Rate, changes: &RateChanges) {
        if changes.is_empty() {
            return self.quoted(field, rate);
        }
        let changes = changes.list().iter();
        let changes = changes.map(|&(at, rate)| format!(", \"{rate} at {}\"", span(at)));
        let changes: String = changes.collect();
        self.bare(field, format_args!("[\"{rate}\"{changes}]"));
    }

    /// Peers that are alike.
    fn group(&mut self, peers: &[Peer], chunks: usize) {
        let Some(peer) = peers.first() else { return };
        self.section("[[peers]]");
        if 1 < peers.len() {
            self.bare("count", peers.len());
        }
        self.upload(peer.upload, &peer.upload_changes, peer.upload_unknown);
        if let Some(download) = peer.download {
            self.rates("download", download, &peer.download_changes);
        }
        if peer.joins != Time::ZERO {
            self.quoted("joins", format!("at {}", span(peer.joins)));
        }
        match peer.leaves {
            Leaves::Never => {}
            Leaves::At(time) => self.quoted("leaves", format!("at {}", span(time))),
            Leaves::AfterCompletion(Time::ZERO) => self.quoted("leaves", "on completion"),
            Leaves::AfterCompletion(after) => {
                self.quoted("leaves", format!("{} after completion", span(after)));
            }
        }
        if peer.behavior != Behavior::Cooperative {
            self.quoted("behavior", peer.behavior);
        }
        self.link(&peer.link);
        if !peer.reachable {
            self.bare("reachable", false);
        }
        if !peer.holds.is_empty() {
            self.chunks("holds", &peer.holds, chunks);
        }
        if let Some(wants) = &peer.wants {
            self.chunks("wants", wants, chunks);
        }
    }

    /// Chunks of a file of `chunks` chunks.
    fn chunks(&mut self, field: &str, ranges: &ChunkRanges, chunks: usize) {
        match ranges.ranges() {
            _ if ranges.is_all(chunks) => self.quoted(field, EVERYTHING),
            [only] => self.quoted(field, written(only)),
            many => {
                let list: Vec<String> =
                    many.iter().map(|range| format!("\"{}\"", written(range))).collect();
                self.bare(field, format_args!("[{}]", list.join(", ")));
            }
        }
    }

    fn protocol(&mut self, protocol: &Protocol) {
        let defaults = Protocol::default().written();
        let settings = protocol.written().into_iter().filter(|said| !defaults.contains(said));
        let settings: Vec<(&str, String)> = settings.collect();
        if settings.is_empty() {
            return;
        }
        self.section("[protocol]");
        settings.into_iter().for_each(|(name, value)| self.bare(name, value));
    }

    fn network(&mut self, network: Network) {
        if network == Network::default() {
            return;
        }
        self.section("[network]");
        if network.latency != Time::ZERO {
            self.quoted("latency", span(network.latency));
        }
        if network.burst != Bytes(0) {
            self.quoted("burst", network.burst);
        }
    }

    fn discipline(&mut self, discipline: Discipline) {
        if discipline == Discipline::default() {
            return;
        }
        self.section("[discipline]");
        let Discipline { cut_through, multi_source, coded, stall } = discipline;
        let flags =
            [("cut_through", cut_through), ("multi_source", multi_source), ("coded", coded)];
        for (flag, _) in flags.into_iter().filter(|(_, allowed)| *allowed) {
            self.bare(flag, true);
        }
        if let Some(stall) = stall {
            self.quoted("stall", span(stall));
        }
    }
}

/// Whole days where that is exact, otherwise the shortest exact form; of equals the one that stands
/// first: seconds, then smaller units, then minutes and hours.
pub(in crate::scenario) fn span(time: Time) -> String {
    const DAY: u64 = Time::from_secs(86_400).0;
    if time != Time::ZERO && time.0.is_multiple_of(DAY) {
        let days = time.0 / DAY;
        return format!("{days} {}", if days == 1 { "day" } else { "days" });
    }
    let fine = [("s", 9), ("ms", 6), ("us", 3), ("ns", 0)];
    let fine = fine.map(|(unit, power)| format!("{} {unit}", decimal(u128::from(time.0), power)));
    let coarse = [("min", Time::from_secs(60).0), ("h", Time::from_secs(3600).0)];
    let coarse = coarse
        .into_iter()
        .filter(|(_, length)| time.0.is_multiple_of(*length))
        .map(|(unit, length)| format!("{} {unit}", time.0 / length));
    let shortest = fine.into_iter().chain(coarse).min_by_key(String::len);
    shortest.expect("every time has a form in nanoseconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand.
    #[test]
    fn a_span_has_the_unit_that_makes_it_shortest() {
        for (nanos, written) in [
            (0, "0 s"),
            (1, "1 ns"),
            (1_500, "1.5 us"),
            (20_000_000, "20 ms"),
            (500_000_000, "0.5 s"),
            (838_860_800, "0.8388608 s"),
            (90_000_000_000, "90 s"),
            (1_800_000_000_000, "1800 s"),
            (36_000_000_000_000, "10 h"),
            (86_400_000_000_000, "1 day"),
            (2_592_000_000_000_000, "30 days"),
            (u64::MAX, "18446744073.709551615 s"),
        ] {
            assert_eq!(span(Time(nanos)), written);
            assert_eq!(written.parse(), Ok(Time(nanos)));
        }
    }
}
