//! How a result looks on a terminal: how wide it is, and its colours.
//!
//! Colour is only added, nothing is said by colour alone.

use swarmbound::audit::Verdict;

/// The code of bold text.
pub(crate) const BOLD: &str = "1";

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether it has the colours of a terminal.
    pub(crate) colour: bool,
    /// The most columns of a line.
    pub(crate) width: usize,
}

impl Style {
    /// Letters only, as wide as where there is no terminal.
    pub(crate) const PLAIN: Style = Style { colour: false, width: 80 };

    /// The text in a colour.
    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        match self.colour {
            false => text.to_owned(),
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    /// A heading, or what a line is about.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(BOLD, text)
    }

    /// The verdict's word in its colour.
    pub(crate) fn verdict(self, verdict: Verdict) -> String {
        self.paint(verdict_code(verdict), &verdict.to_string())
    }

    /// One of the two ways to distribute, in its colour: see `chart`.
    pub(crate) fn series(self, text: &str, colour: Series) -> String {
        match colour {
            Series::P2p => self.paint("34", text),
            Series::ClientServer => self.paint("31", text),
        }
    }
}

/// The code of a verdict's colour.
pub(crate) fn verdict_code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "1;32",
        Verdict::Violated => "1;31",
        Verdict::Unknown => "1;33",
        Verdict::Skipped => "2",
    }
}

/// The two ways to distribute a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    /// Peers send, too.
    P2p,
    /// Only the source sends.
    ClientServer,
}

/// What others wrote, without the control characters that a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_commanded_by_what_others_wrote() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }

    #[test]
    fn plain_text_has_no_escapes() {
        assert!(!Style::PLAIN.verdict(Verdict::Violated).contains('\u{1b}'));
        let coloured = Style { colour: true, ..Style::PLAIN };
        assert!(coloured.verdict(Verdict::Violated).contains('\u{1b}'));
    }
}
