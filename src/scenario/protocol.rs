//! The settings of the protocol: the one table from which their defaults, limits, reading, writing,
//! sweeps and shrinking follow.
//!
//! A new setting is one entry of the table: name, name in JSON, type, default. Its TOML name is the
//! name itself. What a type accepts and how it is spelled is said once, in its [`Setting`].

use serde::{Deserialize, Serialize};

use super::file::{Field, FileError, Table, span};
use super::{Choker, Malformed, Picker, Seeding, malformed};
use crate::units::Time;

/// Makes everything that depends on the table.
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $name:ident $json:literal: $type:ty = $default:expr $(, simplest $simplest:expr)?;
    )*) => {
        /// The settings of the protocol, as the resolved JSON has them.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default, expecting = "an object")]
        #[non_exhaustive]
        pub struct Protocol {
            $($(#[$doc])* #[serde(rename = $json)] pub $name: $type,)*
        }

        impl Default for Protocol {
            fn default() -> Self {
                Protocol { $($name: $default,)* }
            }
        }

        impl Protocol {
            /// The names, in TOML and in Rust.
            pub(super) const NAMES: &[&str] = &[$(stringify!($name),)*];

            /// Makes one setting simpler, each.
            #[cfg(any(test, feature = "suite"))]
            pub(crate) const SIMPLER: &[fn(&mut Protocol)] = &[$(|it| {
                let simplest: &[$type] = &[$($simplest)?];
                it.$name = simplest.first().copied().unwrap_or_else(|| it.$name.simpler($default));
            },)*];

            /// The settings of a `[protocol]` section; those that it leaves out have their default.
            pub(super) fn read(mut table: Table<'_>) -> Result<Self, FileError> {
                let mut protocol = Protocol::default();
                $(if let Some(field) = table.take(stringify!($name)) {
                    protocol.$name = Setting::read(&field, protocol.$name)?;
                })*
                Ok(protocol)
            }

            /// Each setting with its value as TOML spells it.
            pub(super) fn written(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($name), self.$name.to_toml()),)*]
            }

            /// Refuses the first value that can never work.
            pub(super) fn check(&self) -> Result<(), Malformed> {
                $(if let Some(instead) = self.$name.refused() {
                    let field = concat!("protocol.", stringify!($name));
                    return Err(malformed(field, format!("is 0; write {instead}")));
                })*
                Ok(())
            }

            /// The name in JSON of a setting.
            pub(super) fn json_name(name: &str) -> Option<&'static str> {
                match name {
                    $(stringify!($name) => Some($json),)*
                    _ => None,
                }
            }

            /// What to write for a setting, by its name in JSON.
            pub(super) fn json_example(json: &str) -> Option<&'static str> {
                match json {
                    $($json => <$type as Setting>::JSON,)*
                    _ => None,
                }
            }

            /// Any settings that are not refused.
            #[cfg(test)]
            pub(super) fn any() -> proptest::strategy::BoxedStrategy<Protocol> {
                use proptest::prelude::*;

                let settings = Just(Protocol::default()).boxed();
                $(let settings = (settings, any::<$type>())
                    .prop_filter("it is refused", |(_, value)| value.refused().is_none())
                    .prop_map(|(settings, $name)| Protocol { $name, ..settings })
                    .boxed();)*
                settings
            }
        }
    };
}

settings! {
    /// Target degree: how many neighbors a peer is to have, and how many members it asks the
    /// tracker for. It dials half of them and accepts up to double.
    neighbors "neighbors": u32 = 40;
    /// How many neighbors a node unchokes at once, the optimistic one not counted.
    unchoke_slots "unchoke_slots": u32 = 4, simplest 1;
    /// The interval between two decisions of the choker.
    rechoke "rechoke_ns": Time = Time::from_secs(10);
    /// The interval between two optimistic unchokes; None (`null`) turns them off.
    optimistic "optimistic_ns": Option<Time> = Some(Time::from_secs(30));
    /// Which chunk is requested next.
    picker "picker": Picker = Picker::RarestFirst;
    /// Which neighbors a leecher serves.
    choker "choker": Choker = Choker::TitForTat;
    /// Which neighbors a node with the whole file serves.
    seeding "seeding": Seeding = Seeding::RoundRobin;
    /// The source sends each chunk once before it repeats one.
    super_seeding "super_seeding": bool = true;
    /// The interval between two announces to the tracker.
    announce "announce_ns": Time = Time::from_secs(1800);
}

/// A type of settings: how values are read, spelled, limited and made simpler.
trait Setting: Copy {
    /// What to write in JSON; None where the error about a wrong word says it already.
    const JSON: Option<&'static str>;

    /// Reads a field of TOML; its errors show the default as an example.
    fn read(field: &Field<'_>, default: Self) -> Result<Self, FileError>;

    /// The value in TOML, with quotes where it has any.
    fn to_toml(self) -> String;

    /// What to write instead of a value that can never work; None where this one can.
    fn refused(self) -> Option<&'static str> {
        None
    }

    /// A value for a scenario that is easier to read.
    #[cfg(any(test, feature = "suite"))]
    fn simpler(self, default: Self) -> Self {
        default
    }
}

/// A number of nodes.
impl Setting for u32 {
    const JSON: Option<&'static str> = Some("a number from 1 to 4294967295");

    fn read(field: &Field<'_>, _: Self) -> Result<Self, FileError> {
        field.whole(1..=u32::MAX.into()).map(|number| number as u32)
    }

    fn to_toml(self) -> String {
        self.to_string()
    }

    fn refused(self) -> Option<&'static str> {
        (self == 0).then_some("at least 1")
    }
}

/// An interval.
impl Setting for Time {
    const JSON: Option<&'static str> = Some("nanoseconds, for example 1000000000 for a second");

    fn read(field: &Field<'_>, default: Self) -> Result<Self, FileError> {
        field.quantity(&span(default))
    }

    fn to_toml(self) -> String {
        format!("\"{}\"", span(self))
    }

    fn refused(self) -> Option<&'static str> {
        (self == Time::ZERO).then_some("a time above 0 s")
    }

    #[cfg(any(test, feature = "suite"))]
    fn simpler(self, _: Self) -> Self {
        rounded(self)
    }
}

/// An interval that may be turned off.
impl Setting for Option<Time> {
    const JSON: Option<&'static str> =
        Some("nanoseconds, for example 30000000000, or null to turn it off");

    fn read(field: &Field<'_>, default: Self) -> Result<Self, FileError> {
        field.unless("never", &span(default.unwrap_or(Time::from_secs(30))))
    }

    fn to_toml(self) -> String {
        self.map_or_else(|| "\"never\"".to_owned(), Setting::to_toml)
    }

    fn refused(self) -> Option<&'static str> {
        let never = self == Some(Time::ZERO);
        never.then_some("a time above 0 s, or \"never\" to turn it off")
    }

    #[cfg(any(test, feature = "suite"))]
    fn simpler(self, _: Self) -> Self {
        None
    }
}

impl Setting for bool {
    const JSON: Option<&'static str> = Some("true or false");

    fn read(field: &Field<'_>, _: Self) -> Result<Self, FileError> {
        field.flag()
    }

    fn to_toml(self) -> String {
        self.to_string()
    }
}

/// Settings that are words, with the value that is refused.
macro_rules! words {
    ($($word:ty $(, never $refused:pat => $instead:literal)?;)*) => {$(
        impl Setting for $word {
            const JSON: Option<&'static str> = None;

            fn read(field: &Field<'_>, _: Self) -> Result<Self, FileError> {
                field.word()
            }

            fn to_toml(self) -> String {
                format!("\"{self}\"")
            }
            $(
            fn refused(self) -> Option<&'static str> {
                matches!(self, $refused).then_some($instead)
            }
            )?
        }
    )*};
}

words! {
    Picker;
    Choker, never Choker::Credit(0) => "a credit of at least 1";
    Seeding;
}

/// A time in whole seconds, or else in tenths, or hundredths: as round as it can be above 0.
#[cfg(any(test, feature = "suite"))]
pub(crate) fn rounded(time: Time) -> Time {
    let units = [1_000_000_000, 100_000_000, 10_000_000];
    let unit = units.into_iter().find(|&unit| unit <= time.0);
    unit.map_or(time, |unit| Time(time.0 - time.0 % unit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_edit_ends_in_settings_that_stay(settings in Protocol::any()) {
            let mut simpler = settings;
            Protocol::SIMPLER.iter().for_each(|edit| edit(&mut simpler));
            prop_assert_eq!(simpler.check(), Ok(()));
            let once = simpler.clone();
            Protocol::SIMPLER.iter().for_each(|edit| edit(&mut simpler));
            prop_assert_eq!(simpler, once);
        }
    }

    /// The rows of a table of the manual that follow a heading: the cells without their quotes.
    fn rows(heading: &str) -> Vec<Vec<String>> {
        let manual = include_str!("../../docs/formats.md");
        let section = manual.split(heading).nth(1).expect("the heading is there");
        let section = section.split("\n#").next().unwrap_or("");
        let lines = section.lines().filter(|line| line.starts_with("| `"));
        let cells = |line: &str| line.split('|').map(|cell| cell.trim().replace('`', "")).collect();
        lines.map(cells).collect()
    }

    #[test]
    fn the_manual_has_every_setting_with_its_default_and_its_name_in_json() {
        let toml = rows("\n### `[protocol]`\n");
        let json = rows("\n## Scenario, resolved JSON\n");
        for (name, default) in Protocol::default().written() {
            let row = toml.iter().find(|cells| cells[1] == name);
            assert_eq!(row.map(|cells| cells[3].as_str()), Some(default.as_str()), "{name}");
            let field = Protocol::json_name(name).unwrap();
            let ends = [format!("protocol.{field}"), format!(" .{field}")];
            let named =
                |cells: &Vec<String>| cells[1].split(',').any(|it| it == ends[0] || it == ends[1]);
            assert!(json.iter().any(named), "{field}");
        }
    }
}
