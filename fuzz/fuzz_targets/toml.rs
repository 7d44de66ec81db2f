//! Whatever is read as TOML writes back and reads the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(scenario) = swarmbound::scenario::read_toml("fuzz.toml", text, None) {
        let again = swarmbound::scenario::read_toml("fuzz.toml", &scenario.to_toml(), None);
        assert_eq!(again, Ok(scenario));
    }
    let _ = swarmbound::scenario::read_allowance("fuzz.toml", text);
});
