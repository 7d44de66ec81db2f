//! Asks the audit, as a user would: text through the public reader, events into the audit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use swarmbound::audit::{Audit, Report, Verdict};
use swarmbound::trace::codec::Reader;

/// What the audit says of a text.
#[derive(Debug)]
pub(crate) enum Answer {
    Judged(Box<Report>),
    /// The reader refused it.
    Refused(String),
    Panicked(String),
}

/// Reads and judges a log.
pub(crate) fn judge(text: &str) -> Answer {
    let judged = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = Reader::new(text.as_bytes()).map_err(|error| error.to_string())?;
        let mut audit = Audit::new(reader.header().clone());
        for item in reader.by_ref() {
            let (_, event) = item.map_err(|error| error.to_string())?;
            audit.event(&event);
        }
        Ok::<Report, String>(audit.finish())
    }));
    match judged {
        Ok(Ok(report)) => Answer::Judged(Box::new(report)),
        Ok(Err(error)) => Answer::Refused(error),
        Err(cause) => {
            let said = cause.downcast_ref::<String>().cloned();
            let said = said.or_else(|| cause.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Answer::Panicked(said.unwrap_or_default())
        }
    }
}

impl Answer {
    /// The rules that are violated, with what they say; a refusal and a panic count as one.
    pub(crate) fn accusations(&self) -> Vec<(String, String)> {
        match self {
            Answer::Refused(why) => vec![("refused".to_owned(), why.clone())],
            Answer::Panicked(why) => vec![("panic".to_owned(), why.clone())],
            Answer::Judged(report) => report
                .rules
                .iter()
                .filter(|rule| rule.judgement.verdict == Verdict::Violated)
                .map(|rule| {
                    let why = rule.judgement.explanation.clone().unwrap_or_default();
                    (rule.name.to_owned(), why)
                })
                .collect(),
        }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Answer::Refused(_) => "refused",
            Answer::Panicked(_) => "panic",
            Answer::Judged(report) => match report.verdict {
                Verdict::Violated => "violated",
                Verdict::Unknown => "unknown",
                Verdict::Holds | Verdict::Skipped => "holds",
            },
        }
    }
}
