//! Sentences on lines of a width: broken between words, never within a number with its unit, a time
//! or the number of a peer or chunk.

use unicode_width::UnicodeWidthStr;

use super::layout::{Style, printable};

/// Stands between groups of digits: no line ends there.
pub(crate) const NO_BREAK: char = '\u{a0}';

/// What belongs to the number before it.
const UNITS: [&str; 25] = [
    "ns", "µs", "ms", "s", "min", "h", "d", "days", "B", "kB", "MB", "GB", "TB", "KiB", "MiB",
    "GiB", "TiB", "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "bits", "%", "x",
];

/// Units that a smaller one may follow: `6 h 40 min`.
const LARGER: [&str; 3] = ["d", "h", "min"];

/// What the number behind it belongs to.
const NUMBERED: [&str; 7] = ["peer", "peers", "chunk", "node", "seed", "line", "case"];

/// A sentence on lines of the style's width, all but the first indented.
pub(crate) fn wrapped(style: Style, text: &str, indent: usize) -> String {
    follow(style, "", text, indent)
}

/// A sentence on lines of the style's width behind `head`, which stands as it is; all but the first
/// line are indented.
pub(crate) fn follow(style: Style, head: &str, text: &str, indent: usize) -> String {
    let mut out = head.to_owned();
    let mut column = head.width();
    for (at, piece) in pieces(text).iter().enumerate() {
        let gap = usize::from(at != 0);
        let is_over = style.width < column + gap + piece.width();
        if is_over && indent < column {
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if at != 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(piece);
        column += piece.width();
    }
    out.push('\n');
    out
}

/// The lines of a text at this width; a piece that is wider stands on a line of its own.
pub(crate) fn lines(text: &str, width: usize) -> Vec<String> {
    let style = Style { colour: false, width };
    follow(style, "", text, 0).lines().map(str::to_owned).collect()
}

/// How wide the widest part of a text is that no line break may tear.
pub(crate) fn least_width(text: &str) -> usize {
    pieces(text).iter().map(|piece| piece.width()).max().unwrap_or(0)
}

/// The parts of a text between which a line may end.
fn pieces(text: &str) -> Vec<String> {
    let text = printable(text);
    let is_gap = |letter: char| letter.is_whitespace() && letter != NO_BREAK;
    let words: Vec<&str> = text.split(is_gap).filter(|word| !word.is_empty()).collect();
    let mut pieces: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match pieces.last_mut() {
            Some(piece) if belongs(words[at - 1], word, words.get(at + 1)) => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push((*word).to_owned()),
        }
    }
    pieces
}

/// Whether no line may end between two words; `after` is the word behind them.
fn belongs(before: &str, word: &str, after: Option<&&str>) -> bool {
    let is_unit = |word: &str| UNITS.contains(&word.trim_end_matches([',', ';', ':', '.', ')']));
    (is_number(before) && is_unit(word))
        || (LARGER.contains(&before) && is_number(word) && after.is_some_and(|word| is_unit(word)))
        || (NUMBERED.contains(&before) && word.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn is_number(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '<']);
    let is_part = |letter: char| letter.is_ascii_digit() || ['.', '/', NO_BREAK].contains(&letter);
    word.starts_with(|letter: char| letter.is_ascii_digit()) && word.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = Style::PLAIN.width;

    #[test]
    fn sentences_are_wrapped_between_words() {
        let text = "word ".repeat(40);
        let wrapped = wrapped(Style::PLAIN, &text, 2);
        assert_eq!(wrapped.split_whitespace().count(), 40, "no word is lost");
        assert!(wrapped.lines().all(|line| line.len() <= WIDTH), "{wrapped}");
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("  word")), "{wrapped}");
    }

    #[test]
    fn the_head_of_a_sentence_takes_its_columns() {
        let follow = |text: &str| follow(Style::PLAIN, "    a  ", text, 4);
        let longest = "x".repeat(WIDTH - 7);
        assert_eq!(follow(&longest), format!("    a  {longest}\n"));
        // The second line comes to the column at which the first began, and goes on from there.
        let text = format!("    a  {longest}\n    yyy zz\n");
        assert_eq!(follow(&format!("{longest} yyy zz")), text);
        let text = format!("    a  b\n    {}\n", "x".repeat(WIDTH - 8));
        assert_eq!(follow(&format!("b {}", "x".repeat(WIDTH - 8))), text);
        // Where not even the first word fits behind it, the sentence begins below.
        let text = format!("    a\n    x{longest}\n");
        assert_eq!(follow(&format!("x{longest}")), text);
    }

    #[test]
    fn numbers_times_and_names_stay_whole() {
        let whole = [
            "6 h 40 min",
            "45 min 1 s",
            "1.28 ms;",
            "(16.78 Mbit/s)",
            "2\u{a0}000\u{a0}000 B",
            "98.3 %",
            "1.012 x",
            "peer 2",
            "chunk 17,",
        ];
        for piece in whole {
            assert_eq!(pieces(&format!("of {piece} and")), ["of", piece, "and"]);
        }
        assert_eq!(pieces("30 of 30 peers h 5"), ["30", "of", "30", "peers", "h", "5"]);
        assert_eq!(lines("up to 45 min 1 s or so", 10), ["up to", "45 min 1 s", "or so"]);
        assert_eq!(least_width("up to 45 min 1 s or so"), 10);
    }

    #[test]
    fn a_terminal_is_not_commanded_by_what_others_wrote() {
        assert!(!wrapped(Style::PLAIN, "a \u{1b}[2J b", 0).contains('\u{1b}'));
    }
}
