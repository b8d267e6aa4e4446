//! What the form's fields offer, from the facets. Pure.

use telemetrics_common::builds::sort_by_build;
use telemetrics_common::facets::{BuildCount, Facets};
use telemetrics_common::filter::Source;
use telemetrics_common::records::RecordRow;

/// Something to choose, with the number of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub records: u64,
}

/// The systems, and the chosen one even where no record has it.
pub fn systems(facets: &Facets, chosen: Option<&str>) -> Vec<Choice> {
    let all = facets.systems.iter().map(|system| Choice { value: system.name.clone(), records: system.records });
    with_chosen(all.collect(), chosen)
}

/// The builds of one system, or of all of them, newest first.
pub fn builds(facets: &Facets, system: Option<&str>, chosen: Option<&str>) -> Vec<Choice> {
    let mut all: Vec<Choice> = Vec::new();
    let of_system = facets.systems.iter().filter(|each| system.is_none_or(|name| name == each.name));
    for BuildCount { build, records, .. } in of_system.flat_map(|system| &system.builds) {
        match all.iter_mut().find(|choice| choice.value == *build) {
            Some(choice) => choice.records += records,
            None => all.push(Choice { value: build.clone(), records: *records }),
        }
    }
    sort_by_build(&mut all, |choice| &choice.value);
    all.reverse();
    with_chosen(all, chosen)
}

fn with_chosen(mut choices: Vec<Choice>, chosen: Option<&str>) -> Vec<Choice> {
    if let Some(chosen) = chosen
        && choices.iter().all(|choice| choice.value != chosen)
    {
        choices.push(Choice { value: chosen.to_owned(), records: 0 });
    }
    choices
}

/// The classifications, and the patterns for groups of them that have more than one member.
pub fn classifications(facets: &Facets) -> Vec<Choice> {
    let names = || facets.classifications.iter();
    let mut patterns: Vec<String> = Vec::new();
    for facet in names() {
        for (slash, _) in facet.name.match_indices('/') {
            // A slash is one byte, so the cut is between characters.
            let prefix = facet.name.get(..=slash).unwrap_or_default();
            let pattern = format!("{prefix}*");
            let members = names().filter(|other| other.name.starts_with(prefix)).count();
            if members > 1 && !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
    }
    patterns.sort_unstable();
    let sum = |pattern: &str| {
        let prefix = pattern.trim_end_matches('*');
        names().filter(|facet| facet.name.starts_with(prefix)).map(|facet| facet.records).sum()
    };
    let groups = patterns.into_iter().map(|value| Choice { records: sum(&value), value });
    groups.chain(names().map(|facet| Choice { value: facet.name.clone(), records: facet.records })).collect()
}

/// Records of a severity.
pub fn with_severity(facets: &Facets, severity: u8) -> u64 {
    facets.severities.iter().filter(|facet| facet.severity == severity).map(|facet| facet.records).sum()
}

/// Both sources.
pub fn sources(facets: &Facets) -> Vec<Choice> {
    let choice = |source: Source| {
        let records = facets.sources.iter().filter(|facet| facet.source == source).map(|facet| facet.records).sum();
        Choice { value: source.as_str().to_owned(), records }
    };
    [Source::Internal, Source::External].map(choice).into()
}

/// Records that pass the whole filter: severities ignore only their own part of it.
pub fn total(facets: &Facets, passes: impl Fn(u8) -> bool) -> u64 {
    facets.severities.iter().filter(|facet| passes(facet.severity)).map(|facet| facet.records).sum()
}

/// Whether a record has nothing that the facets do not offer.
pub fn know(facets: &Facets, row: &RecordRow) -> bool {
    let system = facets.systems.iter().find(|system| system.name == row.system_name);
    system.is_some_and(|system| system.builds.iter().any(|build| build.build == row.build))
        && facets.classifications.iter().any(|facet| facet.name == row.classification)
        && facets.severities.iter().any(|facet| facet.severity == row.severity)
}

#[cfg(test)]
mod tests {
    use telemetrics_common::facets::{NameCount, SeverityCount, SystemFacet};

    use super::*;
    use crate::views::records::arrivals::tests::row;

    fn facets() -> Facets {
        let build = |build: &str, records| BuildCount { build: build.into(), records, purged: 0 };
        let name = |name: &str, records| NameCount { name: name.into(), records, purged: 0 };
        let severity = |severity, records| SeverityCount { severity, records, purged: 0 };
        Facets {
            systems: vec![
                SystemFacet { name: "clear".into(), records: 7, builds: vec![build("9", 3), build("10", 4)] },
                SystemFacet { name: "debian".into(), records: 2, builds: vec![build("9", 2)] },
            ],
            classifications: vec![name("org/crash/clr", 5), name("org/crash/unknown", 3), name("test/a/b", 1)],
            severities: vec![severity(1, 6), severity(4, 3)],
            ..Facets::default()
        }
    }

    fn texts(choices: &[Choice]) -> Vec<String> {
        choices.iter().map(|choice| format!("{} {}", choice.value, choice.records)).collect()
    }

    #[test]
    fn builds_depend_on_the_system() {
        assert_eq!(texts(&builds(&facets(), None, None)), ["10 4", "9 5"]);
        assert_eq!(texts(&builds(&facets(), Some("debian"), None)), ["9 2"]);
        assert_eq!(texts(&builds(&facets(), Some("debian"), Some("8"))), ["9 2", "8 0"]);
        assert_eq!(texts(&systems(&facets(), Some("arch"))), ["clear 7", "debian 2", "arch 0"]);
    }

    #[test]
    fn groups_of_classifications_are_offered() {
        let offered = texts(&classifications(&facets()));
        assert_eq!(offered, ["org/* 8", "org/crash/* 8", "org/crash/clr 5", "org/crash/unknown 3", "test/a/b 1"]);
    }

    #[test]
    fn the_total_counts_the_chosen_severities() {
        assert_eq!(total(&facets(), |_| true), 9);
        assert_eq!(total(&facets(), |severity| severity == 4), 3);
        assert_eq!(with_severity(&facets(), 2), 0);
        assert_eq!(texts(&sources(&facets())), ["internal 0", "external 0"]);
    }

    #[test]
    fn unknown_values_are_noticed() {
        let known = RecordRow {
            system_name: "clear".into(),
            build: "10".into(),
            classification: "test/a/b".into(),
            severity: 4,
            ..row(1)
        };
        assert!(know(&facets(), &known));
        assert!(!know(&facets(), &RecordRow { build: "11".into(), ..known.clone() }));
        assert!(!know(&facets(), &RecordRow { severity: 2, ..known }));
    }
}
