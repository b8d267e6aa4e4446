//! The fields of a record and the rule of each: what both wire forms have in common.
//!
//! Pure: no clock, no I/O, and no panic on any input.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use telemetrics_common::Timestamp;
use telemetrics_common::classification::is_classification;
use telemetrics_common::filter::{is_event_id, is_machine_id};
use telemetrics_common::time::MAX_SECONDS;

use super::record::NewRecord;

/// What is wrong with a record: the field's name and the rule it broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Name of the field on the wire, or `body` when there are no fields to be found.
    pub field: &'static str,
    /// The rule, for a person; bounded in length and without control characters.
    pub rule: String,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)
    }
}

impl std::error::Error for WireError {}

/// A metadata field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    RecordFormatVersion,
    Classification,
    Severity,
    MachineId,
    CreationTimestamp,
    Arch,
    HostType,
    Build,
    KernelVersion,
    PayloadFormatVersion,
    SystemName,
    BoardName,
    CpuModel,
    BiosVersion,
    EventId,
}

impl Field {
    pub(crate) const ALL: [Self; 15] = [
        Self::RecordFormatVersion,
        Self::Classification,
        Self::Severity,
        Self::MachineId,
        Self::CreationTimestamp,
        Self::Arch,
        Self::HostType,
        Self::Build,
        Self::KernelVersion,
        Self::PayloadFormatVersion,
        Self::SystemName,
        Self::BoardName,
        Self::CpuModel,
        Self::BiosVersion,
        Self::EventId,
    ];

    /// The names, in the same order.
    const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut place = 0;
        while place < names.len() {
            names[place] = Self::ALL[place].name();
            place += 1;
        }
        names
    };

    /// The field with a name that is as long and the same. Every header of every record is looked for here, so names of
    /// another length are passed over first.
    pub(super) fn named(name: &str, is_same: impl Fn(&str) -> bool) -> Option<Self> {
        let place = Self::NAMES.iter().position(|own| own.len() == name.len() && is_same(own))?;
        Self::ALL.get(place).copied()
    }

    /// The name in the JSON form; in headers a `_` may be a `-`, in any case.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RecordFormatVersion => "record_format_version",
            Self::Classification => "classification",
            Self::Severity => "severity",
            Self::MachineId => "machine_id",
            Self::CreationTimestamp => "creation_timestamp",
            Self::Arch => "arch",
            Self::HostType => "host_type",
            Self::Build => "build",
            Self::KernelVersion => "kernel_version",
            Self::PayloadFormatVersion => "payload_format_version",
            Self::SystemName => "system_name",
            Self::BoardName => "board_name",
            Self::CpuModel => "cpu_model",
            Self::BiosVersion => "bios_version",
            Self::EventId => "event_id",
        }
    }

    /// The first record format version that has it; records of an older one do not, whatever they say.
    pub(crate) fn since(self) -> u8 {
        match self {
            Self::PayloadFormatVersion | Self::SystemName => 2,
            Self::BoardName | Self::CpuModel | Self::BiosVersion => 3,
            Self::EventId => 4,
            _ => 1,
        }
    }

    /// Whether it is just empty when it is missing: clients leave these out where the firmware is silent.
    pub(crate) fn may_be_missing(self) -> bool {
        matches!(self, Self::HostType | Self::BoardName | Self::CpuModel | Self::BiosVersion)
    }

    /// Whether quotes around the value go: os-release has them around these.
    fn may_be_quoted(self) -> bool {
        matches!(self, Self::Build | Self::SystemName)
    }

    fn error(self, rule: impl Into<String>) -> WireError {
        WireError { field: self.name(), rule: rule.into() }
    }

    fn broken(self, rule: &str, value: &str) -> WireError {
        self.error(format!("{rule}, not {}", quoted(value)))
    }
}

/// A value as it came.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// A text, or a number as text.
    Text(Cow<'a, str>),
    /// What no field takes; says what it is.
    Other(&'static str),
}

/// The metadata as they came, any of them missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Values<'a>([Option<Value<'a>>; Field::ALL.len()]);

impl<'a> Values<'a> {
    /// Where a field's value is.
    pub(super) fn slot(&mut self, field: Field) -> Option<&mut Option<Value<'a>>> {
        self.0.get_mut(field as usize)
    }

    /// The texts that are there, in the fields' order.
    pub(super) fn texts(&self) -> impl Iterator<Item = (Field, &str)> {
        Field::ALL.into_iter().zip(&self.0).filter_map(|(field, value)| match value {
            Some(Value::Text(text)) => Some((field, text.as_ref())),
            _ => None,
        })
    }

    /// The record format version, if it is given and keeps its rule.
    pub(super) fn version(self) -> Option<u8> {
        Checker { values: self, version: 1 }.record_format_version().ok()
    }
}

/// Checks every rule of the metadata and makes the record.
pub(super) fn check(values: Values<'_>, payload: String, external: bool) -> Result<NewRecord, WireError> {
    let mut checker = Checker { values, version: 1 };
    checker.version = checker.record_format_version()?;
    // Needed before its turn: the build's rule depends on it.
    let system_name = checker.text(Field::SystemName, is_name, "must be 1 to 256 characters")?;
    let is_clear = system_name == "clear-linux-os";
    Ok(NewRecord {
        record_format_version: checker.version,
        classification: checker.text(
            Field::Classification,
            is_classification,
            "must be DOMAIN/PROBE/REST, three parts, at most 140 characters",
        )?,
        severity: checker.number(Field::Severity, 1..=4, "must be 1, 2, 3 or 4")?.unwrap_or_default(),
        machine_id: checker.text(Field::MachineId, is_machine_id, "must be 1 to 32 characters")?,
        captured_at: checker.captured_at()?,
        arch: checker.text(Field::Arch, |text| ARCHS.contains(&text), ARCH_RULE)?,
        host_type: checker.text(Field::HostType, is_host_type, "must be under 250 characters")?,
        build: if is_clear {
            checker.text(Field::Build, is_integer_build, "must be digits only on clear-linux-os, at most 256")?
        } else {
            checker.text(Field::Build, is_build, "must be 1 to 256 letters, digits and -_.+~:")?
        },
        kernel_version: checker.text(
            Field::KernelVersion,
            is_kernel_version,
            "must begin with NUMBER.NUMBER. and be at most 256 characters",
        )?,
        payload_format_version: checker
            .number(Field::PayloadFormatVersion, 0..=MAX_PAYLOAD_VERSION, "must be a whole number below 2147483648")?
            .unwrap_or(1),
        system_name,
        board_name: checker.text(Field::BoardName, is_hardware, HARDWARE_RULE)?,
        cpu_model: checker.text(Field::CpuModel, is_hardware, HARDWARE_RULE)?,
        bios_version: checker.text(Field::BiosVersion, is_hardware, HARDWARE_RULE)?,
        event_id: checker.text(Field::EventId, is_event_id, "must be 32 hex digits in lower case")?,
        external,
        payload,
    })
}

/// Takes the values one by one, each with its rule.
struct Checker<'a> {
    values: Values<'a>,
    version: u8,
}

impl<'a> Checker<'a> {
    /// A value, cleaned; none where the record's version does not have it or where it may be missing.
    fn value(&mut self, field: Field) -> Result<Option<Cow<'a, str>>, WireError> {
        if field.since() > self.version {
            return Ok(None);
        }
        match self.values.slot(field).and_then(Option::take) {
            Some(Value::Text(text)) => Ok(Some(cleaned(field, text))),
            Some(Value::Other(kind)) => Err(field.error(format!("must be a text or a number, not {kind}"))),
            None if field.may_be_missing() => Ok(None),
            None => Err(field.error("is missing")),
        }
    }

    fn text(&mut self, field: Field, keeps: impl Fn(&str) -> bool, rule: &str) -> Result<String, WireError> {
        match self.value(field)? {
            None => Ok(String::new()),
            Some(value) if keeps(&value) => Ok(value.into_owned()),
            Some(value) => Err(field.broken(rule, &value)),
        }
    }

    /// Digits only: no sign, no fraction.
    fn number<T: FromStr + PartialOrd>(
        &mut self,
        field: Field,
        range: RangeInclusive<T>,
        rule: &str,
    ) -> Result<Option<T>, WireError> {
        let Some(value) = self.value(field)? else { return Ok(None) };
        let parsed = if is_digits(&value) { value.parse().ok() } else { None };
        match parsed.filter(|number| range.contains(number)) {
            None => Err(field.broken(rule, &value)),
            number => Ok(number),
        }
    }

    fn record_format_version(&mut self) -> Result<u8, WireError> {
        let version = self.number(Field::RecordFormatVersion, 1..=4, "must be 1, 2, 3 or 4")?;
        Ok(version.unwrap_or_default())
    }

    fn captured_at(&mut self) -> Result<Timestamp, WireError> {
        let rule = "must be whole seconds since 1970, at most 253402300799";
        let seconds = self.number(Field::CreationTimestamp, 0..=MAX_SECONDS, rule)?;
        Ok(Timestamp::from_seconds(seconds.unwrap_or_default()))
    }
}

const ARCHS: [&str; 14] = [
    "armv7l",
    "armv6l",
    "aarch64",
    "amd64",
    "sparc64",
    "ppc64",
    "ppc64le",
    "riscv64",
    "loongarch64",
    "s390x",
    "i686",
    "i386",
    "x86_64",
    "ppc",
];
const ARCH_RULE: &str = "must be an architecture that is known here (x86_64, aarch64, …)";
const HARDWARE_RULE: &str = "must be under 200 characters without control characters";
const MAX_PAYLOAD_VERSION: u32 = i32::MAX.cast_unsigned();
/// The longest build, kernel version and system name, in characters.
const MAX_NAME_CHARS: usize = 256;

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&text.chars().count())
}

fn is_host_type(text: &str) -> bool {
    text.chars().count() < 250
}

fn is_hardware(text: &str) -> bool {
    text.chars().count() < 200 && !text.chars().any(|c| c.is_control() && c != '\t')
}

fn is_integer_build(text: &str) -> bool {
    is_name(text) && is_digits(text)
}

fn is_build(text: &str) -> bool {
    is_name(text) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+~:".contains(&byte))
}

fn is_kernel_version(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let numbers = parts.by_ref().take(2).all(is_digits);
    numbers && parts.next().is_some() && is_name(text)
}

/// A value without white space and line ends around it, without quotes where they may be, and without NUL.
fn cleaned(field: Field, text: Cow<'_, str>) -> Cow<'_, str> {
    let goes = |c: char| c.is_whitespace() || (field.may_be_quoted() && matches!(c, '"' | '\''));
    match without_nul(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(goes)),
        Cow::Owned(text) => {
            let kept = text.trim_matches(goes);
            if kept.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(kept.to_owned()) }
        }
    }
}

/// Text with U+FFFD for each NUL, which PostgreSQL cannot store.
pub(super) fn without_nul(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr(0, text.as_bytes()).is_some() { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { text }
}

/// The beginning of a value, fit for a message in one line.
fn quoted(value: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let rest = if value.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("\"{shown}{rest}\"")
}
