//! Lawful logs with extreme numbers: 0, 1, 2^63, 2^64 - 1 where a number stands. Whatever the audit
//! says of them, it says something.

use std::collections::BTreeMap;

use super::campaign::lawful;
use super::draw::Draw;
use super::judge::{Answer, judge};

const EXTREMES: [u64; 5] = [0, 1, 1 << 63, u64::MAX, u64::MAX - 1];

/// Fields whose extremes the reader nearly always refuses, so that nothing else is tried.
const NAMES: [&str; 11] =
    ["swarmbound", "id", "from", "to", "node", "a", "b", "chunk", "peers", "bytes", "offset"];

/// What many such logs came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extremes {
    pub(crate) verdicts: BTreeMap<&'static str, u64>,
    /// Seeds and texts at which the reader or the audit panicked, with what it said.
    pub(crate) panics: Vec<(u64, String, String)>,
}

impl Extremes {
    pub(crate) fn run(seeds: std::ops::Range<u64>) -> Self {
        let mut extremes = Extremes::default();
        for seed in seeds {
            let text = with_extremes(seed);
            let answer = judge(&text);
            *extremes.verdicts.entry(answer.verdict()).or_default() += 1;
            if let Answer::Panicked(said) = answer {
                extremes.panics.push((seed, said, text));
            }
        }
        extremes
    }
}

/// A number in a text: its field, and where it stands.
struct Number {
    field: String,
    from: usize,
    to: usize,
}

fn numbers(text: &str) -> Vec<Number> {
    let bytes = text.as_bytes();
    let (mut found, mut field, mut at) = (Vec::new(), String::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'"' {
            let end = at + 1 + text[at + 1..].find('"').expect("strings end");
            field = text[at + 1..end].to_owned();
            at = end + 1;
        } else if bytes[at].is_ascii_digit() {
            let end = at + text[at..].bytes().take_while(u8::is_ascii_digit).count();
            found.push(Number { field: field.clone(), from: at, to: end });
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// A lawful log, some of its numbers made extreme: a few anywhere, or all of some fields, and now
/// and then a file as large as can be.
pub(crate) fn with_extremes(seed: u64) -> String {
    let mut draw = Draw::new(seed, 4);
    let mut text = lawful(seed).log.text();
    let named = draw.percent(10);
    let all = numbers(&text);
    let fits = |number: &&Number| named || !NAMES.contains(&number.field.as_str());
    let free: Vec<&Number> = all.iter().filter(fits).collect();
    let mut chosen: Vec<&Number> = Vec::new();
    if draw.percent(50) {
        // The largest numbers meet in one product or sum only where several fields have them.
        let mut fields: Vec<&str> = free.iter().map(|number| number.field.as_str()).collect();
        fields.sort_unstable();
        fields.dedup();
        let share = draw.pick(&[10, 50]);
        fields.retain(|_| draw.percent(share));
        chosen.extend(free.iter().filter(|number| fields.contains(&number.field.as_str())));
    } else {
        for _ in 0..draw.between(1, 6) {
            chosen.push(draw.pick(&free));
        }
    }
    // The first "bytes" of a log are those of its file, and those of a chunk follow.
    let file = all.iter().position(|number| number.field == "bytes");
    if let Some(file) = file.filter(|_| draw.percent(20)) {
        chosen.retain(|number| !number.field.contains("bytes"));
        chosen.extend([&all[file], &all[file + 1]]);
    }
    chosen.sort_by_key(|number| number.from);
    chosen.dedup_by_key(|number| number.from);
    let same = draw.percent(50).then(|| draw.pick(&EXTREMES));
    for number in chosen.iter().rev() {
        let extreme = match (number.field.as_str(), same) {
            ("start", _) => 0,
            ("end" | "bytes" | "chunk_bytes", _) => draw.pick(&EXTREMES[2..]),
            (_, Some(same)) => same,
            (_, None) => draw.pick(&EXTREMES),
        };
        text.replace_range(number.from..number.to, &extreme.to_string());
    }
    text
}
