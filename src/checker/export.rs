//! The state graph for other programs: Graphviz DOT and JSON lines.
//!
//! Capped, because a graph of a million states is of no use; an export that was cut says so.
//! States stand in the order of discovery, so a smaller cap gives a prefix. It judges nothing.

use std::io::{self, Write};

use super::claim::Explorable;
use super::graph::Edges;
use super::search::{Quotient, Search};

/// How much of the graph was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// States written.
    pub states: usize,
    /// States known but not written.
    pub left_out: usize,
}

impl<M: Explorable> Search<'_, M> {
    /// Writes at most `most` states and the transitions between them as a DOT graph. Transitions
    /// that change nothing are not kept, so they are not written. Where a state stands for its
    /// orbit, a label names what one state of the orbit does: the graph says "up to names".
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_dot(&self, out: &mut dyn Write, most: usize) -> io::Result<Exported> {
        let exported = self.exported(most);
        writeln!(out, "digraph states {{\n  rankdir=LR;\n  node [shape=box];")?;
        if 0 < exported.left_out {
            writeln!(out, "  label=\"cut: {} states are left out\";", exported.left_out)?;
        }
        for at in 0..exported.states {
            let text = format!("{:?}", self.store.states[at]);
            writeln!(out, "  {at} [label={}];", quoted(&text))?;
        }
        let names = match self.settings.quotient {
            Quotient::Raw => "",
            Quotient::Symmetric => " (up to names)",
        };
        for at in 0..exported.states {
            for (to, class) in self.shown(at, exported.states) {
                let label = &self.spec.classes.all[usize::from(class)].label;
                writeln!(out, "  {at} -> {to} [label={}];", quoted(&format!("{label}{names}")))?;
            }
        }
        writeln!(out, "}}")?;
        Ok(exported)
    }

    /// Writes at most `most` states as JSON lines: `{"state":0,"depth":0,"text":"...",
    /// "expanded":true,"to":[[1,"join 1"],...]}`, and a last line `{"states":n,"left_out":n}`.
    /// Transitions to states that are left out stay in, by number.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_json_lines(&self, out: &mut dyn Write, most: usize) -> io::Result<Exported> {
        let exported = self.exported(most);
        for at in 0..exported.states {
            let to: Vec<(u32, &str)> = self
                .shown(at, self.store.len())
                .map(|(to, class)| (to, self.spec.classes.all[usize::from(class)].label.as_str()))
                .collect();
            let line = serde_json::json!({
                "state": at,
                "depth": self.depth_of(at as u32),
                "text": format!("{:?}", self.store.states[at]),
                "expanded": at < self.next,
                "to": to,
            });
            writeln!(out, "{line}")?;
        }
        let last = serde_json::json!({"states": exported.states, "left_out": exported.left_out});
        writeln!(out, "{last}")?;
        Ok(exported)
    }

    fn exported(&self, most: usize) -> Exported {
        let states = self.store.len().min(most);
        Exported { states, left_out: self.store.len() - states }
    }

    /// The transitions out of a state to states below `end`.
    fn shown(&self, at: usize, end: usize) -> impl Iterator<Item = (u32, u16)> + '_ {
        let edges = self.edges.as_ref().filter(|edges| at < edges.expanded());
        let out = move |edges: &'_ Edges| edges.out(at as u32).collect::<Vec<_>>();
        let out = edges.map(out).unwrap_or_default();
        out.into_iter().filter(move |&(to, _)| (to as usize) < end)
    }
}

/// Text in double quotes, as DOT reads it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
