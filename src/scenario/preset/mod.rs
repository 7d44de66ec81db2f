//! The scenarios that come with the program, as texts to run and to copy.
//!
//! Nothing here differs from a file of a user: a preset is read as one.

use super::{FileError, Scenario, read_toml};

#[cfg(test)]
mod tests;

/// A scenario that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name, which is that of its file.
    pub name: &'static str,
    /// What it shows, in a line.
    pub about: &'static str,
    /// The text of its file.
    pub toml: &'static str,
}

macro_rules! preset {
    ($name:literal, $about:literal) => {
        Preset {
            name: $name,
            about: $about,
            toml: include_str!(concat!("../../../scenarios/", $name, ".toml")),
        }
    };
}

/// Every preset, the default one first.
pub static PRESETS: &[Preset] = &[
    preset!("figure", "Kurose & Ross, figure 2.25: F/u = 1 hour, u_s = 10 u"),
    preset!("homework", "Kurose & Ross, problem P22: 15 Gbit to 100 peers of 700 kbit/s"),
    preset!("kraken", "A container image of 3 GB to 2600 hosts"),
    preset!("weights", "Model weights of 140 GB to 64 replicas"),
    preset!("flash-crowd", "300 peers of four kinds within a minute, a third leaves when done"),
    preset!("churn", "Peers come by chance, some leave early, the source after 2 copies"),
    preset!("free-riders", "A third of the peers uploads nothing"),
    preset!("multi-origin", "An image from an origin and two mirrors to 40 hosts"),
    preset!("resume", "A distribution taken up again: hosts that hold 60 %, 20 % or nothing"),
    preset!("diurnal", "40 peers at home whose links are throttled until midnight"),
    preset!("shards", "Model weights in four shards: each of 32 workers wants one of them"),
];

impl Preset {
    /// The preset of this name.
    pub fn named(name: &str) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The name of its file.
    pub fn file(&self) -> String {
        format!("scenarios/{}.toml", self.name)
    }

    /// Its scenario; `seed` overrides the seed of the text.
    ///
    /// # Errors
    /// As [`read_toml`]; none without a seed.
    pub fn scenario(&self, seed: Option<u64>) -> Result<Scenario, FileError> {
        read_toml(&self.file(), self.toml, seed)
    }
}
