//! Whatever is read as a trace writes back and reads the same; its lines answer its scenario.
#![no_main]

use swarmbound::trace::codec::{Decoder, read_trace, write_trace};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(trace) = read_trace(bytes) else { return };
    let mut written = Vec::new();
    write_trace(&mut written, &trace).expect("memory takes every byte");
    assert_eq!(read_trace(&written[..]).ok().as_ref(), Some(&trace));
    let mut decoder = Decoder::new(&trace.header.scenario);
    for line in written.split(|&byte| byte == b'\n') {
        decoder.read(line).expect("what is read as a trace is read line by line");
    }
});
