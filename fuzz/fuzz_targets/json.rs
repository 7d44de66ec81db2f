//! Whatever is read as a resolved scenario writes back and reads the same, in both forms.
#![no_main]

use swarmbound::scenario::{Scenario, read_toml};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(scenario) = Scenario::from_json(text) {
        assert_eq!(Scenario::from_json(&scenario.to_json()).as_ref(), Ok(&scenario));
        assert_eq!(read_toml("fuzz.toml", &scenario.to_toml(), None), Ok(scenario));
    }
});
