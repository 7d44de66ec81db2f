//! What happens to engines and findings when this program is told to end.
//!
//! Engines run in process groups of their own, which no terminal interrupts with this program.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::Failure;

/// Is there a result that an interrupted program still has to print?
static RESULT: AtomicBool = AtomicBool::new(false);
/// Was it interrupted since?
static STOPPED: AtomicBool = AtomicBool::new(false);

/// From now on the next Ctrl-C ends the engines only, so that the program can print its result.
pub(super) fn spares_result() {
    RESULT.store(true, SeqCst);
}

/// Is the program to print its result now? No engine runs any more then.
pub(super) fn stopped() -> bool {
    STOPPED.load(SeqCst)
}

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
        for signal in signals.forever() {
            // A second Ctrl-C is meant for the program itself.
            if signal == SIGINT && RESULT.swap(false, SeqCst) {
                STOPPED.store(true, SeqCst);
                drop(end_all());
                continue;
            }
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
