//! What happens to engines when this program is told to end.
//!
//! Engines run in process groups of their own, which no terminal interrupts with this program. The
//! function to know is [`ends_engines`].

use super::Failure;

/// From now on, a signal that ends this program ends the engines first.
#[cfg(unix)]
pub(super) fn ends_engines() -> Result<(), Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;
    use swarmbound::suite::process::end_all;

    let failure = |error| Failure(format!("cannot listen to signals: {error}"));
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(failure)?;
    let listening = std::thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ended = end_all();
            // It ends this program; if it cannot, this does.
            let _ = emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    });
    listening.map(drop).map_err(failure)
}

/// Engines do not run here.
#[cfg(not(unix))]
pub(super) fn ends_engines() -> Result<(), Failure> {
    Ok(())
}
